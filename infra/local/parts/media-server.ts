import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { AwsError } from '../aws/aws-error.ts'
import type { FrontDoor } from '../aws/front-door.ts'
import type { Logger } from '../aws/logger.ts'
import type { Objects } from '../aws/s3.ts'
import { readDistribution } from '../media/distribution.ts'
import { answerError } from '../media/error-answer.ts'
import { createMediaFiles, type Send } from '../media/media-files.ts'
import { verifySignedUrl } from '../media/signed-urls.ts'
import type { Template } from '../template.ts'
import { createPart, type Part } from './part.ts'

export interface MediaServerOptions {
  readonly template: Pick<Template, 'ofType' | 'find'>
  readonly objects: Pick<Objects, 'files' | 'corsRules'>
  /** Asked for each object, as the bucket is on AWS: may this distribution read it? */
  readonly authorizeService: FrontDoor['authorizeService']
  readonly port: number
  readonly logger: Logger
  readonly now?: () => Date
}

/** Stands in for the distribution of the template: the same paths, signatures and headers, from the same bucket. */
export function createMediaServer(options: MediaServerOptions): Part {
  const { port, logger } = options
  let server: http.Server | undefined

  return createPart('media-server', {
    async start() {
      const serve = createEdge(options)
      server = http.createServer((request, response) => {
        serve(request, response).catch((error: Error) => {
          // Never the query string: it may hold a signature.
          logger.error(`${request.method} ${pathOf(request)}: ${error.message}`)
          if (response.headersSent) response.destroy()
          else answerError(request, response, broken())
        })
      })
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      return undefined
    },
    async stop() {
      server?.close()
      server?.closeAllConnections()
    },
  })
}

/** What is done before anything is looked for: the behaviour of the path, its methods, its signature. */
function createEdge({ template, now = () => new Date(), ...options }: MediaServerOptions) {
  const distribution = readDistribution(template)
  if (!distribution) throw new Error('The template has no distribution')
  const answer = createMediaFiles({ ...options, distribution })

  const admit = async (request: IncomingMessage): Promise<Send> => {
    const { method = 'GET', url = '/', headers, socket } = request
    const behaviour = distribution.behaviourOf(pathOf(request))
    const { keys, refusal } = behaviour
    if (!behaviour.methods.has(method)) throw notAllowed()
    if (refusal !== undefined) throw new AwsError('AccessDenied', refusal, 'Access denied')
    const signed = { url: `http://${headers.host}${url}`, ip: socket.remoteAddress ?? '', now: now() }
    return answer(request, behaviour, keys ? verifySignedUrl(signed, keys) : (url.split(/\?(.*)/s)[1] ?? ''))
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const send = await admit(request)
      await send(response)
    } catch (error) {
      if (!(error instanceof AwsError) || response.headersSent) throw error
      answerError(request, response, error)
    }
  }
}

const pathOf = ({ url = '/' }: IncomingMessage) => url.split('?', 1)[0]!

const broken = () => new AwsError('InternalError', 500, 'We encountered an internal error.')

const notAllowed = () =>
  new AwsError('AccessDenied', 403, 'This distribution is not configured to allow the HTTP request method')
