import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TestCertificate {
  cert: string;
  key: string;
}

/** A CA and the certificates it signed; null where there is no `openssl`, and tests are then skipped by name. */
export interface TestCertificates {
  ca: TestCertificate;
  /** For the names asked for: `localhost` and 127.0.0.1 unless others. */
  server: TestCertificate;
  client: TestCertificate;
  /** As `server`, but its last day was yesterday. */
  expired: TestCertificate;
}

/** @param names as openssl wants them in subjectAltName */
export function makeCertificates(names = "DNS:localhost,IP:127.0.0.1"): TestCertificates | null {
  const folder = mkdtempSync(join(tmpdir(), "openclaw-tls-"));
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore" });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const read = (name: string): TestCertificate => ({
    cert: readFileSync(at(`${name}.pem`), "utf8"),
    key: readFileSync(at(`${name}.key`), "utf8"),
  });
  try {
    openssl("version");
  } catch {
    return null; // No openssl on this machine.
  }
  try {
    const caFiles = ["-keyout", at("ca.key"), "-out", at("ca.pem")];
    openssl("req", "-x509", ...curve, ...caFiles, "-days", "2", "-subj", "/CN=test ca");
    writeFileSync(at("ext"), `subjectAltName=${names}\n`);
    for (const name of ["server", "client", "expired"]) {
      openssl(
        "req",
        ...curve,
        "-keyout",
        at(`${name}.key`),
        "-out",
        at(`${name}.csr`),
        "-subj",
        `/CN=${name}`,
      );
      const signer = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial"];
      const files = ["-in", at(`${name}.csr`), "-out", at(`${name}.pem`), "-extfile", at("ext")];
      openssl("x509", "-req", ...files, ...signer, "-days", name === "expired" ? "-1" : "2");
    }
    return { ca: read("ca"), server: read("server"), client: read("client"), expired: read("expired") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
