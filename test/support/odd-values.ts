// Values that parameters must not have, for tests that try them all.
import fc from "fast-check";

/** Names that occur in parameters, so that random objects get past the outermost check. */
const names = [
  ..."key sessionKey sessionId message text idempotencyKey limit cursor maxBytes agentId name content nodeId command params".split(
    " ",
  ),
  ..."requestId deviceId role scopes id jobId patch mode days raw baseHash probe timeoutMs runId to channel accountId keys label".split(
    " ",
  ),
  ..."thinkingLevel model enabled schedule payload file decision event payloadJSON ok error skillKey apiKey env query reason".split(
    " ",
  ),
];
export const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1e308,
    2 ** 53,
    "",
    " ",
    "main",
    "agent:main:main",
    "../../etc/passwd",
    "\u0000",
    "\ud800",
    "__proto__",
    "constructor",
    "x".repeat(3000),
    [],
    {},
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
export const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small", maxDepth: 3 },
    odd,
    fc.array(tie("any"), { maxLength: 3 }),
    tie("object"),
  ),
  object: fc.dictionary(fc.constantFrom(...names), tie("any"), { maxKeys: 5, noNullPrototype: true }),
}));
export const params = fc.oneof({ weight: 6, arbitrary: value.object }, { weight: 1, arbitrary: value.any });
