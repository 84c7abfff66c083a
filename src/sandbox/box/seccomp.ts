/** Of <linux/audit.h>, and numbers of system calls that a command in a sandbox has no use for. */
interface Machine {
  audit: number;
  /** From this number on it is another interface to the same kernel (x32). */
  foreign: number | null;
  ioctl: number;
  calls: readonly number[];
}

/** Mounts since 5.2 and io_uring have the same numbers everywhere. */
const newCalls = [425, 426, 427, 428, 429, 430, 431, 432, 433, 442];

const machines: Readonly<Record<string, Machine>> = {
  x64: {
    audit: 0xc000003e,
    foreign: 0x40000000,
    ioctl: 16,
    // syslog, pivot_root, acct, mount, umount2, swapon, swapoff, reboot, iopl, ioperm, init_module, delete_module,
    // quotactl, kexec_load, add_key, request_key, keyctl, unshare, perf_event_open, name_to_handle_at,
    // open_by_handle_at, setns, finit_module, kexec_file_load, bpf, userfaultfd
    calls: [
      103, 155, 163, 165, 166, 167, 168, 169, 172, 173, 175, 176, 179, 246, 248, 249, 250, 272, 298, 303, 304,
      308, 313, 320, 321, 323,
    ],
  },
  arm64: {
    audit: 0xc00000b7,
    foreign: null,
    ioctl: 29,
    // umount2, mount, pivot_root, quotactl, acct, unshare, kexec_load, init_module, delete_module, syslog, reboot,
    // add_key, request_key, keyctl, swapon, swapoff, perf_event_open, name_to_handle_at, open_by_handle_at, setns,
    // finit_module, bpf, userfaultfd, kexec_file_load
    calls: [
      39, 40, 41, 60, 89, 97, 104, 105, 106, 116, 142, 217, 218, 219, 224, 225, 241, 264, 265, 268, 273, 280,
      282, 294,
    ],
  },
};

const load = 0x20; // BPF_LD | BPF_W | BPF_ABS
const jumpEqual = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const jumpAtLeast = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const answer = 0x06; // BPF_RET | BPF_K
const kill = 0x80000000; // SECCOMP_RET_KILL_PROCESS
const refuse = 0x00050001; // SECCOMP_RET_ERRNO | EPERM
const allow = 0x7fff0000;
/** Putting characters into a terminal's input: of no use but to trick who looks after it. */
const typing = [0x5412 /* TIOCSTI */, 0x541c /* TIOCLINUX */];

/**
 * The filter for system calls of this machine as the kernel reads it (little-endian `sock_filter` records), to be handed
 * to bubblewrap; null for machines whose numbers are not listed here. Calls it names fail with EPERM; everything else
 * the kernel decides.
 */
export function seccompFilter(arch: string): Uint8Array | null {
  const machine = machines[arch];
  if (!machine) return null;
  const program: Array<[code: number, yes: number, no: number, value: number]> = [];
  program.push([load, 0, 0, 4], [jumpEqual, 1, 0, machine.audit], [answer, 0, 0, kill], [load, 0, 0, 0]);
  if (machine.foreign !== null) program.push([jumpAtLeast, 0, 1, machine.foreign], [answer, 0, 0, refuse]);
  for (const call of [...machine.calls, ...newCalls])
    program.push([jumpEqual, 0, 1, call], [answer, 0, 0, refuse]);
  // Past the comparisons with the second argument when it is another call.
  program.push([jumpEqual, 0, typing.length * 2 + 1, machine.ioctl], [load, 0, 0, 24]);
  for (const request of typing) program.push([jumpEqual, 0, 1, request], [answer, 0, 0, refuse]);
  program.push([answer, 0, 0, allow]);
  const bytes = new DataView(new ArrayBuffer(program.length * 8));
  for (const [index, [code, yes, no, value]] of program.entries()) {
    bytes.setUint16(index * 8, code, true);
    bytes.setUint8(index * 8 + 2, yes);
    bytes.setUint8(index * 8 + 3, no);
    bytes.setUint32(index * 8 + 4, value, true);
  }
  return new Uint8Array(bytes.buffer);
}
