import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { Worker } from 'node:worker_threads'

export type Fault = 'close' | 'reset' | 'blackhole'

export interface TcpProxy {
  readonly port: number
  /** Does it to every open connection while this thread stands still, as in a frozen environment. */
  freeze(fault: Fault): void
  /** Does it to every open connection while this thread goes on. */
  strike(fault: Fault): Promise<void>
  stop(): Promise<void>
}

/** A line to PostgreSQL that can be cut in all the ways a line is cut. */
export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const done = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(path.resolve('test/support/tcp-proxy-thread.ts'), {
    workerData: { target, done },
  })
  const [{ port }] = (await once(worker, 'message')) as [AddressInfo]
  return {
    port,
    freeze(fault) {
      Atomics.store(done, 0, 0)
      worker.postMessage(fault)
      if (Atomics.wait(done, 0, 0, 5_000) === 'timed-out') throw new Error('The proxy does not answer')
    },
    async strike(fault) {
      worker.postMessage(fault)
      await once(worker, 'message')
    },
    stop: async () => {
      await worker.terminate()
    },
  }
}
