import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePort } from './server.ts'

export interface TestValkey {
  readonly port: number
  readonly url: string
  start(): Promise<void>
  stop(): Promise<void>
}

/** A Valkey, or what Debian has in its place, that keeps nothing and is gone with the tests of the file. */
export async function createValkey(): Promise<TestValkey> {
  const port = await findFreePort()
  let server: ChildProcess | undefined

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const settings = { port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: '/tmp' }
      const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
      server = spawn(command(), flags, { stdio: 'ignore' })
      await untilListening(port)
    },
    async stop() {
      if (!server || server.exitCode !== null || server.signalCode !== null) return
      const exited = once(server, 'exit')
      server.kill('SIGKILL')
      await exited
    },
  }
}

function command(): string {
  const found = ['valkey-server', 'redis-server'].find((name) => !spawnSync(name, ['--version']).error)
  if (!found) throw new Error('There is neither valkey-server nor redis-server: apt-get install redis-server')
  return found
}

async function untilListening(port: number) {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await isListening(port)) return
    await sleep(25)
  }
  throw new Error(`Nothing listens on port ${port}`)
}

const isListening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    const tell = (is: boolean) => {
      socket.destroy()
      resolve(is)
    }
    socket.once('connect', () => tell(true)).once('error', () => tell(false))
  })
