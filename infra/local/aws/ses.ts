import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import ses from 'aws-ses-v2-local'
import { ACCOUNT, REGION, type Template } from '../template.ts'
import { AwsError, notImplemented } from './aws-error.ts'
import { type AwsService, failJson, parseJson } from './aws-service.ts'
import { holdAnswer } from './hold-answer.ts'
import type { SentMail } from './mail-simulator.ts'

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

export interface SesDependencies {
  readonly mailbox: Mailbox
  readonly template: Pick<Template, 'ofType'>
  /** Told of each mail once it was sent, before its sender is. */
  readonly onSent: (mail: SentMail) => Promise<void>
  readonly now: () => Date
}

export function createSesService({ mailbox, template, onSent, now }: SesDependencies): AwsService {
  const identities = new Set(
    template.ofType('AWS::SES::EmailIdentity').map(({ properties }) => String(properties.EmailIdentity)),
  )
  const sets = new Set(
    template.ofType('AWS::SES::ConfigurationSet').map(({ properties }) => String(properties.Name)),
  )
  return {
    name: 'ses',
    streams: false,
    identify({ incoming, path, method, body }) {
      if (method !== 'POST' || path !== '/v2/email/outbound-emails')
        throw notImplemented(`the SES call ${method} ${path}`)
      const input = parseJson(body)
      const resources = [
        identityArn(String(input.FromEmailAddress ?? ''), identities),
        ...(input.ConfigurationSetName
          ? [configurationSetArn(String(input.ConfigurationSetName), sets)]
          : []),
      ]
      return {
        name: 'ses:SendEmail',
        needs: resources.map((resource) => ({ action: 'ses:SendEmail', resource })),
        run: async (response) => {
          holdAnswer(response, async () => {
            if (response.statusCode === 200) await onSent(toSent(input, now()))
          })
          send(mailbox, incoming, input, response)
        },
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

/** SES asks about the set as well, and knows none that was not made. */
function configurationSetArn(name: string, sets: ReadonlySet<string>): string {
  if (!sets.has(name))
    throw new AwsError('NotFoundException', 404, `Configuration set <${name}> does not exist.`)
  return `arn:aws:ses:${REGION}:${ACCOUNT}:configuration-set/${name}`
}

interface SendEmail {
  readonly FromEmailAddress?: string
  readonly ConfigurationSetName?: string
  readonly Destination?: { readonly ToAddresses?: readonly string[] }
  readonly Content?: { readonly Simple?: { readonly Subject?: { readonly Data?: string } } }
}

const toSent = (input: SendEmail, at: Date): SentMail => ({
  messageId: `${randomBytes(8).toString('hex')}-000000`,
  from: input.FromEmailAddress ?? '',
  to: input.Destination?.ToAddresses ?? [],
  subject: input.Content?.Simple?.Subject?.Data ?? '',
  configurationSet: input.ConfigurationSetName,
  at,
})

/** The body has been read for the signature, so the package's own parser finds none and keeps ours. */
function send(mailbox: Mailbox, incoming: IncomingMessage, input: object, response: ServerResponse): void {
  Object.assign(incoming, { body: input })
  mailbox.send(incoming, response)
}
