import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

declare global {
  var testPlatform: ChildProcess | undefined
}

const START_LIMIT_MS = 120_000

/** One fresh platform for the run, started as a person would start it, on ports of its own. */
export default async function startPlatform() {
  const dataDir = path.resolve('.local/test')
  const platformFile = path.join(dataDir, 'platform.json')
  const args = ['infra/local/start.ts', '--fresh', '--port', '0', '--data', dataDir]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  globalThis.testPlatform = child
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(String(chunk)))

  const deadline = Date.now() + START_LIMIT_MS
  while (pidIn(platformFile) !== child.pid) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGTERM')
      throw new Error(`The platform did not start:\n${output.join('')}`)
    }
    await sleep(100)
  }
  process.env.VEZA_PLATFORM_FILE = platformFile
}

/** Whose file it is: another run may have the directory, or have left it. */
function pidIn(platformFile: string): number | undefined {
  try {
    return JSON.parse(readFileSync(platformFile, 'utf8')).pid
  } catch {
    return undefined
  }
}
