import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { descendantsOf, describeProcess, isRunning } from './processes.ts'

const START_LIMIT_MS = 120_000
/** It ends what it started within 3 s; how soon a busy machine has cleared that away is not its doing. */
const STOP_LIMIT_MS = 10_000

export interface LaunchedPlatform {
  /** Its platform.json. */
  readonly file: string
  stop(): Promise<void>
}

/** A fresh platform, started as a person would start it, on ports of its own. */
export async function launchPlatform(name: string): Promise<LaunchedPlatform> {
  const dataDir = path.resolve('.local', name)
  const file = path.join(dataDir, 'platform.json')
  rmSync(file, { force: true })
  const args = ['infra/local/start.ts', '--fresh', '--port', '0', '--mirror', 'off', '--data', dataDir]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(String(chunk)))

  const deadline = Date.now() + START_LIMIT_MS
  while (!existsSync(file)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGTERM')
      throw new Error(`The platform did not start:\n${output.join('')}`)
    }
    await sleep(100)
  }
  return { file, stop: () => stopPlatform(child) }
}

/** Ctrl-C for the platform; whatever goes on without it is a failure. */
async function stopPlatform(platform: ChildProcess) {
  if (platform.exitCode !== null) throw new Error(`The platform ended by itself with ${platform.exitCode}`)
  const children = descendantsOf(platform.pid!)
  const exited = once(platform, 'exit')
  const told = Date.now()
  platform.kill('SIGTERM')
  await exited
  let left = children.filter(isRunning)
  while (left.length > 0 && Date.now() - told < STOP_LIMIT_MS) {
    await sleep(50)
    left = left.filter(isRunning)
  }
  if (left.length > 0)
    throw new Error(
      `The platform left ${left.length} processes behind: ${left.map(describeProcess).join(', ')}`,
    )
}
