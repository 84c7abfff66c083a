#!/usr/bin/env bash
# Checks a deployed gateway from the outside in eight steps (DEP-019, DEP-044); run it on the gateway's host.
#   scripts/smoke.sh            uses `openclaw` from PATH
#   OPENCLAW="node bin/openclaw.js" scripts/smoke.sh
# Exit 0 when steps 1 to 7 pass; step 8 only warns.
set -euo pipefail

STATE_DIR="${OPENCLAW_STATE_DIR:-$HOME/.openclaw}"
# The transcripts of the default agent; `agents/default` is kept as another name of `agents/main`.
SESSIONS_DIR="$STATE_DIR/agents/default/sessions"
TMP="${TMPDIR:-/tmp}"
read -r -a CLI <<<"${OPENCLAW:-openclaw}"

fail() { echo "ERROR: $1" >&2; exit 1; }
json() { node -e 'let t="";process.stdin.on("data",d=>t+=d).on("end",()=>{const v=JSON.parse(t);const r=process.argv[1].split(".").reduce((o,k)=>o?.[k],v);if(!r)process.exit(1);console.log(typeof r==="string"?r:JSON.stringify(r))})' "$1"; }

echo "==> 1. Gateway probe"
"${CLI[@]}" gateway probe || { "${CLI[@]}" gateway status >&2 || true; fail "the gateway cannot be reached"; }

echo "==> 2. Health"
"${CLI[@]}" health --json >"$TMP/openclaw-health.json" || fail "the health check failed"

echo "==> 3. Configuration"
"${CLI[@]}" config get gateway.port >/dev/null || fail "the configuration cannot be read"

echo "==> 4. Channels"
"${CLI[@]}" channels status --probe --json >"$TMP/openclaw-channels.json" || fail "the channel status failed"

echo "==> 5. Model authentication"
"${CLI[@]}" models status --json >"$TMP/openclaw-models.json" || fail "the model status failed"

echo "==> 6. Agent run"
RESULT=$("${CLI[@]}" agent --message "Reply with: deployment test passed" --thinking off --json) || fail "the agent run failed: $RESULT"
TEXT=$(json result.payloads.0.text <<<"$RESULT") || fail "the agent returned no text: $RESULT"
echo "    $TEXT"

echo "==> 7. Transcript"
[ -f "$SESSIONS_DIR/main.jsonl" ] || fail "there is no $SESSIONS_DIR/main.jsonl"
tail -n 1 "$SESSIONS_DIR/main.jsonl" | json role >/dev/null || fail "the transcript is not JSONL with a role on its last line"

echo "==> 8. Log file"
TODAY=$(date +%Y-%m-%d)
[ -f "$STATE_DIR/logs/openclaw-$TODAY.log" ] || [ -f "$STATE_DIR/openclaw-$TODAY.log" ] ||
  echo "WARNING: there is no daily log file below $STATE_DIR" >&2

echo "==> All checks passed ✓"
