import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Arrival, ReceiversData } from './receivers-thread.ts'

/** The same in every thread. */
export const absoluteNow = () => performance.timeOrigin + performance.now()

export async function startReceivers(data: ReceiversData) {
  const thread = new Worker(new URL('./receivers-thread.ts', import.meta.url), { workerData: data })
  const [ports] = (await once(thread, 'message')) as [number[]]
  const arrivals: Arrival[] = []
  const waiting = new Map<string, (arrival: Arrival) => void>()
  thread.on('message', (arrival: Arrival) => {
    arrivals.push(arrival)
    waiting.get(arrival.id)?.(arrival)
  })
  return {
    urls: ports.map((port) => `http://127.0.0.1:${port}/hooks`),
    arrivals,
    /** The next that comes under this id. */
    next: (id: string) =>
      new Promise<Arrival>((resolve) => {
        waiting.set(id, (arrival) => {
          waiting.delete(id)
          resolve(arrival)
        })
      }),
    stop: () => thread.terminate(),
  }
}
