import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import path from 'node:path'

export interface Command {
  readonly command: string
  readonly args: readonly string[]
  readonly uid?: number
  readonly gid?: number
  /** Who must own the data; undefined where that is whoever runs us. */
  readonly owner?: { readonly uid: number; readonly gid: number }
}

/**
 * PostgreSQL refuses to run as root. For root (a container, mostly) it runs as the user `postgres`, or `nobody`
 * where there is none. `needed` are paths it must reach: below a directory that is root's alone, such as /root or
 * one made by mktemp, it is also let through directories it may not read, and through nothing else of root's.
 */
export function asDatabaseUser(command: string, args: readonly string[], needed: readonly string[]): Command {
  if (process.getuid?.() !== 0) return { command, args }
  const owner = userIds('postgres') ?? userIds('nobody')
  if (!owner)
    throw new Error(
      'PostgreSQL cannot run as root, and there is no user "postgres" or "nobody" to run it as.',
    )
  if (needed.every((file) => isOpenToAll(path.dirname(file)))) return { command, args, ...owner, owner }
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((file) => existsSync(file))
  if (!setpriv) {
    throw new Error(
      `PostgreSQL cannot run as root, and no other user may enter ${path.dirname(needed[0] ?? '')}: put the repository elsewhere.`,
    )
  }
  const identity = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups']
  const passage = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override']
  return { command: setpriv, args: [...identity, ...passage, '--', command, ...args], owner }
}

function userIds(name: string): { uid: number; gid: number } | undefined {
  try {
    const id = (flag: string) =>
      Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }).toString())
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return undefined
  }
}

/** May everybody walk through this directory and all above it? */
function isOpenToAll(directory: string): boolean {
  if ((statSync(directory).mode & 0o001) === 0) return false
  const parent = path.dirname(directory)
  return parent === directory || isOpenToAll(parent)
}
