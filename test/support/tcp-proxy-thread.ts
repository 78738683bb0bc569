import net from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

/** Runs beside the test, so that it goes on while the test's own event loop stands still. */
const { target, done } = workerData as { target: { host: string; port: number }; done: Int32Array }

interface Pair {
  readonly near: net.Socket
  readonly far: net.Socket
}

const pairs = new Set<Pair>()

const server = net.createServer((near) => {
  const far = net.connect(target)
  const pair = { near, far }
  pairs.add(pair)
  near.pipe(far).pipe(near)
  for (const socket of [near, far]) {
    socket.on('error', () => {})
    socket.on('close', () => pairs.delete(pair))
  }
})

const faults = {
  close: ({ near, far }: Pair) => {
    near.end()
    far.destroy()
  },
  reset: ({ near, far }: Pair) => {
    near.resetAndDestroy()
    far.destroy()
  },
  /** Neither bytes nor the end of the connection get through. */
  blackhole: ({ near, far }: Pair) => {
    near.unpipe().removeAllListeners('end').pause()
    far.unpipe().destroy()
  },
}

parentPort?.on('message', (fault: keyof typeof faults) => {
  for (const pair of pairs) faults[fault](pair)
  // The kernel needs a moment to carry it over.
  setTimeout(() => {
    Atomics.store(done, 0, 1)
    Atomics.notify(done, 0)
    parentPort?.postMessage('done')
  }, 20)
})

server.listen(0, '127.0.0.1', () => parentPort?.postMessage(server.address()))
