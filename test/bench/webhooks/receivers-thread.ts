import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

/** Receivers in a thread of their own, so that their work is no time of the sender's. */
export interface ReceiversData {
  /** How long each waits before it answers; `null`: it never does. */
  readonly answerAfterMs: readonly (number | null)[]
  /** Over TLS, at 8443 of this address: the sender takes no other port. */
  readonly tlsAddress?: string
}

/** When a webhook came, by the clock of `absoluteNow`. */
export interface Arrival {
  readonly receiver: number
  readonly id: string
  readonly at: number
}

const { answerAfterMs, tlsAddress } = workerData as ReceiversData
const read = (name: string) => readFileSync(`test/support/tls/${name}`)

const listenerOf =
  (delay: number | null, receiver: number): RequestListener =>
  (request, response) => {
    const at = performance.timeOrigin + performance.now()
    parentPort!.postMessage({ receiver, id: String(request.headers['webhook-id']), at } satisfies Arrival)
    request.resume()
    if (delay === null) return
    if (delay === 0) request.once('end', () => response.writeHead(204).end())
    else setTimeout(() => response.writeHead(204).end(), delay)
  }

const ports = await Promise.all(
  answerAfterMs.map(async (delay, receiver) => {
    const listener = listenerOf(delay, receiver)
    const server = tlsAddress
      ? createTlsServer({ key: read('receivers.key'), cert: read('receivers.pem') }, listener)
      : createServer(listener)
    server.keepAliveTimeout = 60_000
    server.listen(tlsAddress ? 8443 : 0, tlsAddress ?? '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }),
)
parentPort!.postMessage(ports)
