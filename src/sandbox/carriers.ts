import { basename } from "node:path";

/**
 * Programs that run other code they are told or find: an allowlist entry for one of them would allow everything.
 * The list is one half; {@link carrierReason} also judges by rule.
 */
const carriers = new Set(
  (
    "sh bash dash ash zsh ksh mksh oksh yash fish csh tcsh rbash rksh elvish nu xonsh pwsh powershell cmd wsl " +
    "python pypy perl ruby irb node nodejs deno bun php lua luajit tclsh wish expect guile racket sbcl clisp ghc ghci runghc ocaml erl escript elixir iex julia r rscript groovy scala kotlin java jshell swift osascript octave gnuplot jq " +
    "awk gawk mawk nawk sed ed ex vi vim nvim view emacs emacsclient nano pico micro less more most man info pager m4 bc dc " +
    "env nice ionice renice nohup setsid stdbuf timeout time chrt taskset prlimit setarch linux32 linux64 script scriptreplay screen tmux dtach abduco watch entr inotifywait flock parallel xargs find fd fdfind run-parts sem at batch crontab systemd-run systemctl service launchctl " +
    "sudo doas su runuser setpriv pkexec chroot unshare nsenter bwrap firejail proot fakeroot capsh docker podman nerdctl buildah kubectl oc helm lxc lxc-attach machinectl virsh vagrant ssh sshpass autossh mosh scp sftp rsync rclone telnet nc ncat netcat socat ftp lftp wget curl aria2c " +
    "strace ltrace gdb lldb perf valgrind bpftrace dtrace ptrace rr catchsegv ld.so ld-linux busybox toybox " +
    "npm npx pnpm pnpx yarn yarnpkg bunx corepack pip pipx uv uvx poetry conda mamba gem bundle bundler rake cargo rustc rustup go gcc cc clang g++ c++ clang++ tcc make gmake bmake cmake ctest ninja meson scons just task gradle gradlew mvn ant sbt bazel buck dotnet msbuild nuget composer cpan cpanm luarocks mix rebar3 stack cabal nix nix-shell brew apt apt-get aptitude dpkg dnf yum rpm zypper pacman apk snap flatpak " +
    "git gh hg svn bzr fossil cvs tar bsdtar zip unzip 7z cpio dd tee install xdg-open open start ansible ansible-playbook terraform tofu psql mysql mariadb sqlite3 redis-cli mongosh msfconsole ffmpeg convert magick tex latex pdflatex xelatex lualatex"
  ).split(" "),
);

/** `python3.12` → `python`, `node22` → `node`, `gcc-13` → `gcc`, `ld-linux-x86-64.so.2` → `ld-linux`. */
function family(path: string): string {
  const name = basename(path)
    .toLowerCase()
    .replace(/\.exe$/, "");
  if (name.startsWith("ld-linux") || name.startsWith("ld-musl") || name.startsWith("ld.so"))
    return "ld-linux";
  return name.replace(/[-_.]?\d+(?:\.\d+)*(?:[-_.](?:config|dbg))?$/, "");
}

/**
 * Why this argument list can never be matched by an allowlist, or null. `paths` are the path the program was found at
 * and its real path: either being a carrier counts.
 */
export function carrierReason(argv: readonly string[], paths: readonly string[]): string | null {
  for (const path of [argv[0] ?? "", ...paths]) {
    if (carriers.has(family(path)) || carriers.has(basename(path).toLowerCase())) {
      return `${basename(path)} runs other commands or code`;
    }
  }
  for (const word of argv.slice(1)) {
    // A wrapper we do not know, or an option that names a helper.
    const value = word.startsWith("-") && word.includes("=") ? word.slice(word.indexOf("=") + 1) : word;
    if (carriers.has(family(value)) && (value.includes("/") || !value.includes(".")))
      return `an argument names ${basename(value)}`;
    if (
      /^--?(?:exec|execute|eval|command|cmd|shell|run|pager|editor|rsh|rcfile|init-file|pre|filter|to-command|checkpoint-action|use-compress-program|compress-program|hostname-bin|plugin|load|require|import|config|include)(?:-|=|$)/i.test(
        word,
      )
    ) {
      return `the option ${word.slice(0, 40)} may run other commands`;
    }
  }
  return null;
}
