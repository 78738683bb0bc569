import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'

export interface Received {
  readonly id: string
  readonly type: string
  readonly body: string
  readonly at: Date
  /** How many secrets it was signed with. */
  readonly signature_count: number
}

/** Somebody's server: verifies what comes with the package of Standard Webhooks, and answers as it is told to. */
export async function startReceiver() {
  const accepted: Received[] = []
  let refused = 0
  let forged = 0
  let secret = ''
  let status = 204
  const server = http.createServer((request, response) => {
    void receive(request).then((answer) => response.writeHead(answer).end())
  })

  async function receive(request: http.IncomingMessage): Promise<number> {
    const body = await text(request)
    const headers = request.headers as Record<string, string>
    try {
      const { type } = new Webhook(secret).verify(body, headers) as { type: string }
      if (status >= 300) {
        refused += 1
        return status
      }
      const signature_count = headers['webhook-signature']!.split(' ').length
      accepted.push({ id: headers['webhook-id']!, type, body, at: new Date(), signature_count })
      return status
    } catch {
      forged += 1
      return 400
    }
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    /** In the order in which they came. */
    accepted,
    /** Well signed, and answered with something else than 2xx. */
    refused: () => refused,
    /** Whose signature did not verify. */
    forged: () => forged,
    answerWith(next: number) {
      status = next
    },
    trust(next: string) {
      secret = next
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export type Receiver = Awaited<ReturnType<typeof startReceiver>>
