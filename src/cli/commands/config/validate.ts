import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";

export const run: CommandBody = async ({ openConfig, out }, _args, options) => {
  const store = await openConfig();
  const { path, exists, valid, hash, issues, warnings, legacyIssues } = store.read();
  if (flag(options, "json")) {
    out.json({ ok: valid, path, exists, valid, hash, issues, warnings, legacyIssues });
    return valid ? 0 : 1;
  }
  if (!exists) out.line(`${path} does not exist: defaults apply. Create it with \`openclaw setup\`.`);
  else if (valid) out.line(`${path} is valid.`);
  else out.line(`Config validation failed: ${path}`);
  for (const issue of issues) out.line(`  error    ${issue.path || "(file)"}: ${issue.message}`);
  for (const issue of warnings) out.line(`  warning  ${issue.path || "(file)"}: ${issue.message}`);
  for (const issue of legacyIssues) out.line(`  old      ${issue.path}: ${issue.message}`);
  if (!valid && store.history(1).length > 0)
    out.note("The gateway goes on with the last accepted version; see `openclaw config history`.");
  return valid ? 0 : 1;
};
