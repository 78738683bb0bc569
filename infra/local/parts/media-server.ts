import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { FrontDoor } from '../aws/front-door.ts'
import type { Logger } from '../aws/logger.ts'
import type { Objects } from '../aws/s3.ts'
import { ACCOUNT, type Resource, type Template } from '../template.ts'
import { createPart, type Part } from './part.ts'
import { answer } from './stream-files.ts'

export interface MediaServerOptions {
  readonly template: Pick<Template, 'ofType' | 'find'>
  readonly objects: Pick<Objects, 'files'>
  /** Asked for each object, as the bucket is on AWS: may this distribution read it? */
  readonly authorizeService: FrontDoor['authorizeService']
  readonly port: number
  readonly logger: Logger
}

/** Stands in for the distribution of the template: the same paths, from the same bucket, with the same headers. */
export function createMediaServer(options: MediaServerOptions): Part {
  const { objects, port, logger } = options
  const [distribution] = options.template.ofType('AWS::CloudFront::Distribution')
  const delivery = distribution && readDelivery(distribution, options.template)
  let server: http.Server | undefined

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const key = keyOf(request)
    if (!delivery || !key || !delivery.isOpen(key)) return answer(response, 403)
    const need = { action: 's3:GetObject', resource: `arn:aws:s3:::${delivery.bucket}/${key}` }
    const { allowed, message } = await options.authorizeService('cloudfront.amazonaws.com', need, delivery)
    if (message) logger.warn(message)
    // S3 tells whoever may not list a bucket no difference between what is forbidden and what is not there.
    const object = allowed && (await objects.files.getObject(delivery.bucket, key))
    if (!object) return answer(response, 403)
    const { metadata, content } = object
    const headers = { ...delivery.headers, ...headersOf(metadata) }
    if (request.headers['if-none-match'] === headers.etag) {
      content?.destroy()
      return void response.writeHead(304, headers).end()
    }
    response.writeHead(200, { ...headers, 'content-length': metadata['content-length'] })
    if (request.method === 'HEAD' || !content) {
      content?.destroy()
      return void response.end()
    }
    await pipeline(content, response).catch(() => response.destroy())
  }

  return createPart('media-server', {
    async start() {
      server = http.createServer((request, response) => {
        serve(request, response).catch((error: Error) => {
          logger.error(`${request.method} ${request.url?.split('?')[0]}: ${error.message}`)
          if (!response.headersSent) answer(response, 500)
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

/** Undefined for what a distribution refuses before it looks for anything. */
function keyOf({ method, url = '/' }: IncomingMessage): string | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined
  try {
    return decodeURIComponent(url.split('?', 1)[0]!.slice(1))
  } catch {
    return undefined
  }
}

const headersOf = (metadata: Readonly<Record<string, unknown>>) => ({
  etag: String(metadata.etag),
  'content-type': String(metadata['content-type']),
  ...(metadata['cache-control'] !== undefined && { 'cache-control': String(metadata['cache-control']) }),
})

interface DistributionConfig {
  readonly Origins: readonly [{ readonly DomainName: string }]
  readonly CacheBehaviors: readonly {
    readonly PathPattern: string
    readonly FunctionAssociations?: readonly unknown[]
    readonly TrustedKeyGroups?: readonly string[]
    readonly ResponseHeadersPolicyId: string
  }[]
}

function readDelivery(distribution: Resource, template: Pick<Template, 'find'>) {
  const { Origins, CacheBehaviors } = distribution.properties.DistributionConfig as DistributionConfig
  const open = CacheBehaviors.filter(
    ({ FunctionAssociations, TrustedKeyGroups }) => !FunctionAssociations && !TrustedKeyGroups,
  )
  const patterns = open.map(({ PathPattern }) => toExpression(PathPattern))
  return {
    arn: `arn:aws:cloudfront::${ACCOUNT}:distribution/${distribution.ref}`,
    bucket: Origins[0].DomainName.split('.', 1)[0]!,
    isOpen: (key: string) => !key.includes('..') && patterns.some((pattern) => pattern.test(key)),
    headers: policyHeaders(
      template.find('AWS::CloudFront::ResponseHeadersPolicy', open[0]!.ResponseHeadersPolicyId),
    ),
  }
}

const toExpression = (pattern: string) =>
  new RegExp(
    `^${pattern
      .replace(/^\//, '')
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')}$`,
  )

interface HeadersConfig {
  readonly SecurityHeadersConfig: {
    readonly ContentSecurityPolicy: { readonly ContentSecurityPolicy: string }
    readonly FrameOptions: { readonly FrameOption: string }
  }
  readonly CustomHeadersConfig: {
    readonly Items: readonly { readonly Header: string; readonly Value: string }[]
  }
}

/** All but what is about TLS, which there is none of here. */
function policyHeaders(policy: Resource | undefined): Record<string, string> {
  if (!policy) throw new Error('The distribution names a policy of headers that is not in the template')
  const { SecurityHeadersConfig, CustomHeadersConfig } = policy.properties
    .ResponseHeadersPolicyConfig as HeadersConfig
  return {
    'x-content-type-options': 'nosniff',
    'content-security-policy': SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy,
    'x-frame-options': SecurityHeadersConfig.FrameOptions.FrameOption,
    ...Object.fromEntries(
      CustomHeadersConfig.Items.map(({ Header, Value }) => [Header.toLowerCase(), Value]),
    ),
  }
}
