import { mkdirSync } from 'node:fs'
import path from 'node:path'
import S3rver from '@20minutes/s3rver'
import type { Resource, Template } from '../template.ts'
import type { AwsRequest, AwsService } from './aws-service.ts'
import type { Logger } from './logger.ts'
import type { S3Context } from './s3-context.ts'
import { addCorsHeaders, answerPreflight, type CorsRules } from './s3-cors.ts'
import type { ObjectEvent } from './s3-notifications.ts'
import { dispositionParameter } from './s3-objects.ts'
import { identifyS3 } from './s3-operations.ts'
import { readS3Request, type S3Request } from './s3-request.ts'
import { ObjectFiles } from './s3-store.ts'
import { besideOf, type Place } from './s3-versions.ts'
import { toXml } from './xml.ts'

/** The buckets of the template, kept as files by s3rver, which listens nowhere: only the front door hands it requests. */
export interface Objects {
  readonly files: ObjectFiles
  readonly buckets: ReadonlySet<string>
  corsRules(bucket: string): CorsRules
  forward: S3Context['forward']
  close(): void
}

export async function openObjects(options: {
  readonly template: Pick<Template, 'ofType'>
  readonly dataDir: string
  readonly logger: Logger
}): Promise<Objects> {
  const resources = options.template.ofType('AWS::S3::Bucket')
  const directory = path.join(options.dataDir, 's3')
  const versioned = new Set(resources.filter(keepsVersions).map(({ ref }) => ref))
  for (const bucket of versioned) mkdirSync(path.join(directory, besideOf(bucket)), { recursive: true })
  mkdirSync(directory, { recursive: true })
  const s3rver = new S3rver({
    directory,
    silent: true,
    vhostBuckets: false,
    configureBuckets: resources.map(({ ref }) => ({ name: ref })),
  })
  const files = new ObjectFiles(directory, versioned)
  s3rver.store = s3rver.context.store = files
  s3rver.on('error', (error) => {
    // A refusal has been answered; only what s3rver did not expect is worth a line.
    if ((error.status ?? 500) >= 500) options.logger.warn(`S3: ${error.message}`)
  })
  await s3rver.configureBuckets()
  const handle = s3rver.callback()
  const cors = new Map(
    resources.map((bucket) => [bucket.ref, corsRulesOf(bucket.properties.CorsConfiguration)]),
  )
  return {
    files,
    buckets: new Set(cors.keys()),
    corsRules: (bucket) => cors.get(bucket) ?? [],
    async forward(request, response, place) {
      prepare(request, place)
      await handle(request.incoming, response)
    },
    close() {
      s3rver.logger.exceptions.unhandle()
      s3rver.logger.close()
    },
  }
}

const keepsVersions = ({ properties }: Resource) =>
  (properties.VersioningConfiguration as { Status?: string } | undefined)?.Status === 'Enabled'

const corsRulesOf = (configuration: unknown) =>
  (configuration as { CorsRules?: CorsRules } | undefined)?.CorsRules ?? []

/** The signature has been checked and s3rver knows none of our keys, so it must not see one. */
function prepare({ incoming }: S3Request, place: Place | undefined): void {
  delete incoming.headers.authorization
  delete incoming.headers['x-amz-content-sha256']
  const [asked = '/', query = ''] = (incoming.url ?? '/').split('?')
  const pathname = place ? pathOf(place) : asked
  const kept = query
    .split('&')
    .filter((pair) => pair !== '' && !/^(X-Amz-|x-id=|versionId=)/i.test(pair))
    .filter((pair) => !pair.startsWith(`${dispositionParameter}=`))
  incoming.url = kept.length > 0 ? `${pathname}?${kept.join('&')}` : pathname
}

const pathOf = ({ bucket, key }: Place) => `/${[bucket, ...key.split('/')].map(encodeURIComponent).join('/')}`

type Announce = (event: Omit<ObjectEvent, 'at'>) => Promise<void>

export function createS3Service(
  objects: Objects,
  announce: Announce,
): AwsService & { preflight(request: AwsRequest, response: Parameters<typeof answerPreflight>[1]): void } {
  const context: S3Context = {
    files: objects.files,
    buckets: objects.buckets,
    forward: objects.forward,
    announce: ({ bucket, key, requestId, incoming }, name, { etag, size, version_id } = {}) =>
      announce({
        name,
        bucket,
        key,
        requestId,
        sourceIp: incoming.socket.remoteAddress ?? '127.0.0.1',
        principalId: 'LOCAL',
        ...(etag !== undefined && { eTag: etag }),
        ...(size !== undefined && { size }),
        ...(version_id !== undefined && { versionId: version_id }),
      }),
  }
  return {
    name: 's3',
    streams: true,
    identify: ({ incoming, requestId }) => identifyS3(readS3Request(incoming, requestId), context),
    preflight({ incoming, requestId }, response) {
      answerPreflight(incoming, response, objects.corsRules(readS3Request(incoming, requestId).bucket))
    },
    decorate(response, { incoming, path: url, requestId }) {
      response.setHeader('x-amz-request-id', requestId)
      addCorsHeaders(incoming, response, objects.corsRules(url.split(/[/?]/)[1] ?? ''))
    },
    fail: failXml,
  }
}

const failXml: AwsService['fail'] = (response, error, { method, requestId }) => {
  const body = toXml('Error', {
    Code: error.code,
    Message: error.message,
    RequestId: requestId,
    HostId: 'local',
  })
  response.writeHead(error.status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
  })
  response.end(method === 'HEAD' ? undefined : body)
}
