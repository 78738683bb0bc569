import { readFileSync } from 'node:fs'

/**
 * Ends what a platform that was killed has left running. The number may belong to somebody else by now, so the
 * command line must hold what only ours does; where there is no /proc nobody is ended.
 */
export function endOrphan(pidFile: string, argument: string): void {
  const pid = Number(read(pidFile))
  if (!Number.isInteger(pid) || pid <= 1) return
  if (read(`/proc/${pid}/cmdline`).split('\0').includes(argument)) process.kill(pid, 'SIGKILL')
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
