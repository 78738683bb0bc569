import type { ServerResponse } from 'node:http'
import S3Object from '@20minutes/s3rver/lib/models/object.js'
import { AwsError } from './aws-error.ts'
import type { Operation } from './aws-service.ts'
import type { Need } from './need.ts'
import {
  answerXml,
  bucketArn,
  checkBucket,
  objectArn,
  onObject,
  type S3Context,
  tellVersion,
  toAwsError,
} from './s3-context.ts'
import {
  checkCopyPreconditions,
  checkPreconditions,
  plainRange,
  readCopySource,
  readVersionId,
  type S3Request,
} from './s3-request.ts'
import type { FoundObject } from './s3-store.ts'
import { readCreateOnly, readUpload } from './s3-upload.ts'

/** s3rver, which sees no signature, would refuse it as an anonymous caller's. */
export const dispositionParameter = 'response-content-disposition'

export async function readObject(request: S3Request, context: S3Context): Promise<Operation> {
  const { incoming, method } = request
  const versionId = readVersionId(request)
  const found = await context.files.find(request, versionId)
  const tags = await context.files.tagContext(found)
  const read = {
    action: readAction(versionId),
    resource: objectArn(request.bucket, request.key),
    context: tags,
  }
  return {
    name: method === 'HEAD' ? 's3:HeadObject' : 's3:GetObject',
    needs: [read, ...needToSeeAbsence(request.bucket, found)],
    async run(response) {
      const { place, version_id, metadata } = present(found, versionId, { request, response, context })
      checkPreconditions(incoming.headers, metadata)
      const range = plainRange(incoming.headers.range, metadata['content-length'])
      if (range) incoming.headers.range = range
      else delete incoming.headers.range
      const disposition = request.query.get(dispositionParameter)
      if (disposition) response.setHeader('content-disposition', disposition)
      tellVersion(response, version_id)
      await context.forward(request, response, place)
    },
  }
}

export function putObject(request: S3Request, context: S3Context): Operation {
  const operation = onObject(request, context, 's3:PutObject')
  return {
    ...operation,
    async run(response) {
      checkBucket(request.bucket, context)
      const { bucket, key, incoming } = request
      const { headers } = incoming
      checkPreconditions(
        headers,
        headers['if-match'] ? await context.files.findMetadata(bucket, key) : undefined,
      )
      context.files.uploads.set(incoming, readUpload(incoming))
      const object = new S3Object(bucket, key, incoming, headers)
      const { md5, size, version_id } = await context.files.putObject(object).catch(toAwsError)
      const etag = JSON.stringify(md5)
      await context.announce(request, 'ObjectCreated:Put', { etag, size, version_id })
      tellVersion(response, version_id)
      response.writeHead(200, { etag, 'content-length': 0 }).end()
    },
  }
}

export async function copyObject(request: S3Request, context: S3Context): Promise<Operation> {
  const { headers } = request.incoming
  const { versionId, ...source } = readCopySource(String(headers['x-amz-copy-source']))
  const found = context.buckets.has(source.bucket) ? await context.files.find(source, versionId) : undefined
  const target = objectArn(request.bucket, request.key)
  const isTagged =
    found && 'place' in found && (await context.files.hasTags(found.place.bucket, found.place.key))
  const isReplacing = headers['x-amz-metadata-directive'] === 'REPLACE'
  return {
    name: 's3:CopyObject',
    needs: [
      {
        action: readAction(versionId),
        resource: objectArn(source.bucket, source.key),
        context: await context.files.tagContext(found),
      },
      { action: 's3:PutObject', resource: target },
      ...(isTagged ? needsToCopyTags({ ...source, versionId }, target) : []),
      ...needToSeeAbsence(source.bucket, found),
    ],
    async run(response) {
      checkBucket(request.bucket, context)
      const { place, version_id, metadata } = present(found, versionId, {
        request: source,
        response,
        context,
      })
      checkCopyPreconditions(headers, metadata)
      if (objectArn(source.bucket, source.key) === target && !versionId && !isReplacing) throw copyToItself()
      const written = await context.files
        .copy(place, request, {
          headers: isReplacing ? headers : undefined,
          isFirst: readCreateOnly(headers),
        })
        .catch(toAwsError)
      await context.announce(request, 'ObjectCreated:Copy', written)
      tellVersion(response, written.version_id)
      if (version_id) response.setHeader('x-amz-copy-source-version-id', version_id)
      answerXml(response, 'CopyObjectResult', {
        LastModified: new Date().toISOString(),
        ETag: written.etag,
      })
    },
  }
}

const readAction = (versionId: string | undefined) => (versionId ? 's3:GetObjectVersion' : 's3:GetObject')

const copyToItself = () =>
  new AwsError(
    'InvalidRequest',
    400,
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  )

function needsToCopyTags(
  { bucket, key, versionId }: { bucket: string; key: string; versionId: string | undefined },
  target: string,
): Need[] {
  const action = versionId ? 's3:GetObjectVersionTagging' : 's3:GetObjectTagging'
  return [
    { action, resource: objectArn(bucket, key) },
    { action: 's3:PutObjectTagging', resource: target },
  ]
}

/** Without a version, where versions are kept, nothing goes: a marker hides what is there. */
export function deleteObject(request: S3Request, context: S3Context): Operation {
  const versionId = readVersionId(request)
  const action = versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion'
  return {
    ...onObject(request, context, 's3:DeleteObject', action),
    async run(response) {
      checkBucket(request.bucket, context)
      const { files } = context
      const found = await files.find(request, versionId)
      checkPreconditions(request.incoming.headers, found && 'place' in found ? found.metadata : undefined)
      if (versionId !== undefined) await removeVersion(request, context, versionId, response)
      else if (files.keepsVersions(request.bucket)) {
        const marker = await files.versions.mark(request)
        await context.announce(request, 'ObjectRemoved:DeleteMarkerCreated', { version_id: marker })
        tellVersion(response, marker)
        response.setHeader('x-amz-delete-marker', 'true')
      } else if (found) {
        await files.deleteObject(request.bucket, request.key)
        await context.announce(request, 'ObjectRemoved:Delete')
      }
      response.writeHead(204).end()
    },
  }
}

async function removeVersion(
  request: S3Request,
  context: S3Context,
  versionId: string,
  response: ServerResponse,
): Promise<void> {
  const removed = await context.files.versions.remove(request, versionId)
  tellVersion(response, versionId)
  if (removed?.is_marker) response.setHeader('x-amz-delete-marker', 'true')
  if (removed) await context.announce(request, 'ObjectRemoved:Delete', { version_id: versionId })
}

/** `Get`, `Put` or `DeleteObjectTagging`, of the version that is named or of the current one. */
export function tagging(verb: 'Get' | 'Put' | 'Delete') {
  return async (request: S3Request, context: S3Context): Promise<Operation> => {
    const versionId = readVersionId(request)
    const found = await context.files.find(request, versionId)
    const action = `s3:${verb}Object${versionId === undefined ? '' : 'Version'}Tagging`
    return {
      ...onObject(request, context, `s3:${verb}ObjectTagging`, action),
      async run(response) {
        const { place, version_id } = present(found, versionId, { request, response, context })
        tellVersion(response, version_id)
        if (verb !== 'Delete') return context.forward(request, response, place)
        await context.files.deleteTags(place.bucket, place.key)
        response.writeHead(204).end()
      },
    }
  }
}

/** S3 tells only those who may list a bucket that an object is not in it; everyone else gets a 403. */
const needToSeeAbsence = (bucket: string, found: FoundObject | undefined): Need[] =>
  found && 'place' in found ? [] : [{ action: 's3:ListBucket', resource: bucketArn(bucket) }]

function present(
  found: FoundObject | undefined,
  versionId: string | undefined,
  call: {
    readonly request: { readonly bucket: string }
    readonly response: ServerResponse
    readonly context: S3Context
  },
): Extract<FoundObject, { place: unknown }> {
  checkBucket(call.request.bucket, call.context)
  if (found && 'place' in found) return found
  if (found) {
    call.response.setHeader('x-amz-delete-marker', 'true')
    tellVersion(call.response, found.marker_id)
  }
  if (versionId === undefined) throw new AwsError('NoSuchKey', 404, 'The specified key does not exist.')
  if (found) {
    const message = 'The specified method is not allowed against this resource.'
    throw new AwsError('MethodNotAllowed', 405, message)
  }
  throw new AwsError('NoSuchVersion', 404, 'The specified version does not exist.')
}
