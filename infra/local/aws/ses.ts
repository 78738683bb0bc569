import { once } from 'node:events'
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import ses from 'aws-ses-v2-local'
import { ACCOUNT, REGION, type Template } from '../template.ts'
import { AwsError, notImplemented } from './aws-error.ts'
import { type AwsService, failJson, parseJson } from './aws-service.ts'

/** The mails that were sent: a page and `GET /store`. Nothing can be sent here, only through the front door. */
export interface Mailbox {
  readonly url: string
  readonly send: RequestListener
  close(): Promise<void>
}

const pages = new Set([
  'GET /',
  'GET /store',
  'GET /health-check',
  'GET /get-emlContent',
  'POST /clear-store',
])

export async function openMailbox(options: { readonly port?: number } = {}): Promise<Mailbox> {
  const app = await appOf()
  const server = http.createServer((request, response) => {
    const pathname = (request.url ?? '/').split('?')[0]
    if (pages.has(`${request.method} ${pathname}`)) return app(request, response)
    response.writeHead(404, { 'content-type': 'text/plain' }).end('The mailbox has no such page.\n')
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    send: app,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The package knows only how to listen, and would let anyone send; we keep its handler and shut its port. */
async function appOf(): Promise<RequestListener> {
  const server = await ses.default({ host: '127.0.0.1', port: 0 })
  const [app] = server.listeners('request')
  server.close()
  return app as RequestListener
}

export function createSesService(mailbox: Mailbox, template: Pick<Template, 'ofType'>): AwsService {
  const identities = new Set(
    template.ofType('AWS::SES::EmailIdentity').map(({ properties }) => String(properties.EmailIdentity)),
  )
  return {
    name: 'ses',
    streams: false,
    identify({ incoming, path, method, body }) {
      if (method !== 'POST' || path !== '/v2/email/outbound-emails')
        throw notImplemented(`the SES call ${method} ${path}`)
      const input = parseJson(body)
      return {
        name: 'ses:SendEmail',
        needs: [
          {
            action: 'ses:SendEmail',
            resource: identityArn(String(input.FromEmailAddress ?? ''), identities),
          },
        ],
        run: async (response) => send(mailbox, incoming, input, response),
      }
    },
    fail: failJson({ contentType: 'application/json' }),
  }
}

/** The identity a sender is verified by: the address when that is one, else its domain. */
function identityArn(from: string, identities: ReadonlySet<string>): string {
  const address = /<([^>]+)>/.exec(from)?.[1] ?? from.trim()
  const domain = address.split('@')[1]
  if (!domain) throw new AwsError('BadRequestException', 400, 'Missing or malformed FromEmailAddress.')
  return `arn:aws:ses:${REGION}:${ACCOUNT}:identity/${identities.has(address) ? address : domain}`
}

/** The body has been read for the signature, so the package's own parser finds none and keeps ours. */
function send(mailbox: Mailbox, incoming: IncomingMessage, input: object, response: ServerResponse): void {
  Object.assign(incoming, { body: input })
  mailbox.send(incoming, response)
}
