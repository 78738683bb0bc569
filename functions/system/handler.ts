import path from 'node:path'
import { clientSettings } from '../../lib/aws/client-settings.ts'
import { requireEnv } from '../../lib/config.ts'
import { createApi } from '../../lib/http/api.ts'
import { createReadiness } from '../../lib/system/readiness.ts'
import { createReferencePage } from '../../lib/system/reference-page.ts'
import { composeApi } from '../compose.ts'
import { createSystemHandlers } from './handlers.ts'
import { systemRoutes } from './routes.ts'

const version = requireEnv('APP_VERSION')
const bucket = requireEnv('UPLOADS_BUCKET')
const queueUrl = requireEnv('EVENTS_QUEUE_URL')
const { sql, cache, api } = composeApi('system')

async function loadChecks() {
  const [{ HeadBucketCommand, S3Client }, { GetQueueAttributesCommand, SQSClient }] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/client-sqs'),
  ])
  const once = { ...clientSettings, maxAttempts: 1 }
  const s3 = new S3Client(once)
  const sqs = new SQSClient(once)
  return {
    database: async (abort: AbortSignal) => {
      abort.addEventListener('abort', () => sql.discard())
      return sql`select 1`
    },
    queue: (abortSignal: AbortSignal) =>
      sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }), {
        abortSignal,
      }),
    storage: (abortSignal: AbortSignal) =>
      s3.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal }),
    cache: () => cache.get('readiness'),
  }
}

/** The schemas of every route are read by the first who asks for the document: 20 ms that others do not wait. */
let document: Promise<Record<string, unknown>> | undefined
function describeApi() {
  document ??= import('./api-document.ts').then(({ describeRoutes }) => describeRoutes(version))
  return document
}

/** In a bundle, which is CommonJS, the files lie beside it. */
const directory = path.join(import.meta.dirname ?? __dirname, 'docs')

export const handler = createApi(
  systemRoutes,
  createSystemHandlers({
    version,
    checkReadiness: createReadiness({ loadChecks }),
    reference: createReferencePage({ directories: [directory] }),
    describeApi,
  }),
  { ...api, loadRoutes: async () => (await import('./api-document.ts')).everyRoute },
)
