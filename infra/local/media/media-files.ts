import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { AwsError } from '../aws/aws-error.ts'
import type { FrontDoor } from '../aws/front-door.ts'
import type { Logger } from '../aws/logger.ts'
import type { Objects } from '../aws/s3.ts'
import { preflightHeaders } from '../aws/s3-cors.ts'
import { compress } from './compression.ts'
import type { Behaviour, Distribution } from './distribution.ts'
import { answerError } from './error-answer.ts'
import { answerObject, type ByteRange, type ObjectAnswer } from './object-answer.ts'

interface MediaFilesOptions {
  readonly distribution: Distribution
  readonly objects: Pick<Objects, 'files' | 'corsRules'>
  readonly authorizeService: FrontDoor['authorizeService']
  readonly logger: Logger
}

export type Send = (response: ServerResponse) => void | Promise<void>

/** What the bucket answers to a request that was let in, and the edge makes of it. */
export function createMediaFiles({ distribution, objects, authorizeService, logger }: MediaFilesOptions) {
  const { bucket, arn } = distribution

  /** S3 tells whoever may not list a bucket no difference between what is forbidden and what is not there. */
  const find = async (key: string) => {
    const context = await objects.files.tagContext(await objects.files.find({ bucket, key }))
    const need = { action: 's3:GetObject', resource: `arn:aws:s3:::${bucket}/${key}`, context }
    const { allowed, message } = await authorizeService('cloudfront.amazonaws.com', need, { arn })
    if (message) logger.warn(message)
    return allowed ? objects.files.findMetadata(bucket, key) : undefined
  }

  const sendPreflight = async (request: IncomingMessage, behaviour: Behaviour): Promise<Send> => {
    const headers = behaviour.headers(
      preflightHeaders(request, objects.corsRules(bucket)),
      request.headers.origin,
    )
    return (response) => void response.writeHead(200, headers).end()
  }

  const sendObject = async (request: IncomingMessage, behaviour: Behaviour, query: string): Promise<Send> => {
    const { method, headers: asked } = request
    const finish = (headers: Record<string, string>) => behaviour.headers(headers, asked.origin)
    // The bucket's own refusals pass the edge, which adds its headers.
    const fail = (error: AwsError, headers = {}): Send => {
      return (response) => answerError(request, response, error, finish(headers))
    }
    const key = decodeKey(request.url ?? '/')
    const metadata = key === undefined ? undefined : await find(key)
    if (key === undefined || !metadata) return fail(new AwsError('AccessDenied', 403, 'Access Denied'))
    const answer = answerObject(asked, { ...metadata, ...overrides(behaviour, query) })
    if (answer.status >= 400) return fail(errorOf(answer), answer.headers)
    const compressed = behaviour.compresses
      ? compress(answer, asked['accept-encoding']?.toString())
      : undefined
    return async (response) => {
      response.writeHead(answer.status, finish(compressed?.headers ?? answer.headers))
      const { range } = answer
      if (method === 'HEAD' || !range || range.end < range.start) return void response.end()
      const content = await open(key, range)
      const stages = compressed ? [content, compressed.encoder, response] : [content, response]
      // A client that has heard enough is no error.
      await pipeline(stages).catch(() => response.destroy())
    }
  }

  async function open(key: string, range: ByteRange) {
    const object = await objects.files.getObject(bucket, key, range)
    if (!object?.content) throw new Error('The object went while it was being sent')
    return object.content
  }

  return (request: IncomingMessage, behaviour: Behaviour, query: string): Promise<Send> =>
    request.method === 'OPTIONS' ? sendPreflight(request, behaviour) : sendObject(request, behaviour, query)
}

/** Undefined for a path that cannot be decoded, or that would lead the files of this machine to another one. */
function decodeKey(url: string): string | undefined {
  try {
    const key = decodeURIComponent(url.split('?', 1)[0]!.slice(1))
    return key.includes('\0') || key.split('/').some((part) => /^\.{1,2}$/.test(part)) ? undefined : key
  } catch {
    return undefined
  }
}

/** S3 answers with the headers that a query asks for, where the edge lets it see them. */
function overrides({ forwarded }: Behaviour, query: string): Record<string, string> {
  const pairs = [...new URLSearchParams(query.replaceAll('+', '%2B'))].filter(
    ([name]) => forwarded.has(name) && name.startsWith('response-'),
  )
  return Object.fromEntries(pairs.map(([name, value]) => [name.slice('response-'.length), value]))
}

const errorOf = ({ status }: ObjectAnswer) =>
  status === 416
    ? new AwsError('InvalidRange', status, 'The requested range is not satisfiable')
    : new AwsError(
        'PreconditionFailed',
        status,
        'At least one of the pre-conditions you specified did not hold',
      )
