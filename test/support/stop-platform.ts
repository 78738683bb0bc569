import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import './start-platform.ts'

/** Ctrl-C for the platform; whatever still runs 3 s later fails the run. */
export default async function stopPlatform() {
  const platform = globalThis.testPlatform
  if (!platform || platform.exitCode !== null) return
  const children = descendantsOf(platform.pid!)
  const exited = once(platform, 'exit')
  platform.kill('SIGTERM')
  const told = Date.now()
  await exited
  let left = children.filter(isRunning)
  while (left.length > 0 && Date.now() - told < 3_000) {
    await sleep(50)
    left = left.filter(isRunning)
  }
  if (left.length > 0)
    throw new Error(`The platform left ${left.length} processes behind: ${left.join(', ')}`)
}

/** Where there is no /proc nothing is found, and nothing is checked. */
function descendantsOf(root: number): number[] {
  const parents = new Map(runningPids().map((pid) => [pid, parentOf(pid)]))
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (parents.get(pid) === root || isBelow(parents.get(pid)))
  return [...parents.keys()].filter((pid) => isBelow(pid))
}

function runningPids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

/** The fields after the name, which may hold spaces and brackets: state, then parent. */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

const parentOf = (pid: number) => Number(statOf(pid)[1])

function isRunning(pid: number): boolean {
  const [state] = statOf(pid)
  return state !== undefined && state !== 'Z'
}
