import { change, findItem, type Transfer } from './store.ts'

/** As the API divides a file. */
const multipartFrom = 100 * 1024 ** 2
const partSize = 16 * 1024 ** 2

const began = new Map<string, { readonly at: number; readonly from: number }>()

export function beginTransfer(trackId: string, size_bytes: number): void {
  const total = Math.ceil(size_bytes / partSize)
  const parts = size_bytes >= multipartFrom ? { parts: { done: 0, total } } : {}
  change(trackId, {
    transfer: { state: 'preparing', sent_bytes: 0, size_bytes, bytes_per_second: 0, ...parts },
  })
  began.delete(trackId)
}

/** Speed is told of the time since the bytes last began to flow. */
export function beginMeasuring(trackId: string): void {
  began.set(trackId, { at: performance.now(), from: findItem(trackId)?.transfer?.sent_bytes ?? 0 })
}

export function showTransfer(trackId: string, patch: Partial<Transfer>): void {
  const { transfer } = findItem(trackId) ?? {}
  if (!transfer) return
  const next = { ...transfer, ...patch }
  if (next.state === 'sending' && !began.has(trackId)) beginMeasuring(trackId)
  const start = began.get(trackId)
  const seconds = start ? (performance.now() - start.at) / 1_000 : 0
  const bytes_per_second = start && seconds > 0.5 ? (next.sent_bytes - start.from) / seconds : 0
  change(trackId, { transfer: { ...next, bytes_per_second } })
}
