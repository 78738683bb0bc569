import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface StripeCall {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly form: Readonly<Record<string, string>>
}

export interface StripeAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

/** An HTTP server in the place of Stripe's, which answers as it is told to and remembers what it was asked. */
export function useStripeServer() {
  const calls: StripeCall[] = []
  let answer: (call: StripeCall) => StripeAnswer = () => ({ body: {} })

  const server = createServer(async (request, response) => {
    const call = await read(request)
    calls.push(call)
    respond(response, answer(call))
  })
  let apiUrl = ''

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  beforeEach(() => {
    calls.length = 0
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  return {
    calls,
    url: () => apiUrl,
    answers: (next: typeof answer | StripeAnswer) => {
      answer = typeof next === 'function' ? next : () => next
    },
  }
}

async function read(request: IncomingMessage): Promise<StripeCall> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const { method = '', url = '', headers } = request
  const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()))
  return { method, path: url, headers, form }
}

function respond(response: ServerResponse, { status = 200, headers = {}, body }: StripeAnswer) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}
