// Saves a login again and again, and prints a dot after each time: to be killed in the middle of it.
import { silentLogger } from "../../../src/core/logger.ts";
import { openLogin } from "../../../src/channels/whatsapp/auth-state.ts";

const login = await openLogin(process.argv[2] ?? "", silentLogger);
login.creds.me = { id: "4915112345678:1@s.whatsapp.net" };
for (;;) {
  login.creds.nextPreKeyId += 1;
  await login.keys.set({ session: { "49177.0": Buffer.alloc(2000, login.creds.nextPreKeyId) } });
  await login.save();
  process.stdout.write(".");
}
