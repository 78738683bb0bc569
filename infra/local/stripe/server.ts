import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from '../aws/logger.ts'
import { readBody } from '../aws/read-body.ts'
import type { createApi } from './api.ts'
import { control } from './control/control.ts'
import type { Machine } from './control/switch.ts'
import { pages } from './pages/pages.ts'

export interface ServerOptions {
  readonly api: ReturnType<typeof createApi>
  readonly machine: Machine
  readonly port: number
  readonly now: () => Date
  readonly logger: Logger
}

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The API for anybody with a key; the pages and the switches for whoever is on this machine, and no website. */
export async function startServer(options: ServerOptions) {
  const { api, machine, now, logger } = options

  const answer = async (request: IncomingMessage): Promise<Reply | 'never'> => {
    const { method = 'GET', url = '/', headers } = request
    const { pathname, search } = new URL(url, 'http://stand-in')
    const body = (await readBody(request)).toString()
    const query = search.slice(1)
    if (pathname.startsWith('/v1/')) {
      if (method === 'OPTIONS') return { status: 204, headers: crossOrigin, body: '' }
      const said = await api({ method, path: pathname, query, headers, body })
      return said === 'never' ? said : { ...said, headers: { ...json, ...crossOrigin, ...said.headers } }
    }
    if (isForeign(request)) return { status: 403, headers: plain, body: 'Not for other websites.\n' }
    if (pathname.startsWith('/_local/')) {
      const said = await control(machine, method, pathname, body)
      return { status: said.status, headers: json, body: JSON.stringify(said.body, undefined, 2) }
    }
    return pages(machine, { method, path: pathname, query: new URLSearchParams(search), form: body })
  }

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    // Node would date its answers by the real clock.
    response.setHeader('date', now().toUTCString())
    const reply = await answer(request).catch((error: Error): Reply => {
      logger.error(`${request.method} ${request.url?.split('?')[0]}: ${error.stack}`)
      return {
        status: 500,
        headers: json,
        body: '{"error": {"type": "api_error", "message": "The stand-in failed."}}',
      }
    })
    if (reply !== 'never') response.writeHead(reply.status, reply.headers).end(reply.body)
  }

  const server = http.createServer((request, response) => void serve(request, response))
  server.listen(options.port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close()
      server.closeAllConnections()
      if (server.listening) await once(server, 'close')
    },
  }
}

const json = { 'content-type': 'application/json' }
const plain = { 'content-type': 'text/plain' }

/** Stripe.js calls from any page, with a publishable key. */
const crossOrigin = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, DELETE',
  'access-control-allow-headers':
    'authorization, content-type, idempotency-key, stripe-account, stripe-version',
}

/** A page of somewhere else has its browser call, or has a name of its own lead here. */
function isForeign({ headers }: IncomingMessage): boolean {
  const host = headers.host ?? ''
  const isOurs = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host)
  return !isOurs || (headers.origin !== undefined && headers.origin !== `http://${host}`)
}
