import type { AdminAccount } from './admin-account.ts'
import type { BackEnds } from './aws/back-ends.ts'
import type { PlatformInfo } from './client.ts'
import type { Principals } from './principals.ts'
import type { StripeAccount } from './stripe-account.ts'
import { REGION, type Template } from './template.ts'

export interface InfoOptions {
  readonly template: Template
  readonly principals: Principals
  readonly backEnds: BackEnds
  readonly apiUrl: string
  readonly frontDoorUrl: string
  readonly streamServerUrl: string
  readonly mediaUrl: string
  readonly stripeUrl: string
  readonly stripe: StripeAccount
  readonly databaseUrl: string
  readonly logFile: string
  readonly admin: AdminAccount
}

/** What tools on this machine are told: addresses, and the keys and secrets of whoever stands outside. */
export function describePlatform(options: InfoOptions): PlatformInfo {
  const { template, principals, backEnds, apiUrl } = options
  const keysOf = (name: string) => {
    const { accessKeyId, secretAccessKey } = principals.caller(name)
    return { access_key_id: accessKeyId, secret_access_key: secretAccessKey }
  }
  return {
    pid: process.pid,
    api_url: apiUrl,
    docs_url: `${apiUrl}/docs`,
    demo_url: `${apiUrl}/demo`,
    mailbox_url: backEnds.mailbox.url,
    log_file: options.logFile,
    database_url: options.databaseUrl,
    aws: {
      region: REGION,
      endpoint_url: options.frontDoorUrl,
      buckets: { uploads: template.output('UploadsBucketName'), media: template.output('MediaBucketName') },
      queues: queueUrls(template),
    },
    callers: {
      stream_server: keysOf('stream_server'),
      chat_server: keysOf('chat_server'),
      operator: keysOf('operator'),
    },
    secrets: {
      chat_jwt: secretOf(options, 'CHAT_JWT_SECRET_ARN'),
      stream_jwt: secretOf(options, 'STREAM_JWT_SECRET_ARN'),
      stream_url: secretOf(options, 'STREAM_URL_SECRET_ARN'),
    },
    stripe: {
      api_url: options.stripeUrl,
      secret_key: options.stripe.secret_key,
      webhook_secret: options.stripe.webhook_secret ?? '',
      publishable_key: options.stripe.standIn?.publishable_key ?? '',
    },
    stream_server_url: options.streamServerUrl,
    media_url: options.mediaUrl,
    admin: options.admin,
  }
}

/** The value of the secret that a function is told of in this variable. */
export function secretOf(
  { template, backEnds }: Pick<InfoOptions, 'template' | 'backEnds'>,
  variable: string,
): string {
  for (const { properties } of template.ofType('AWS::Lambda::Function')) {
    const { Variables = {} } = (properties.Environment ?? {}) as { Variables?: Record<string, string> }
    if (Variables[variable]) return backEnds.secrets.value(Variables[variable])
  }
  throw new Error(`No function of the template has the setting ${variable}`)
}

/** `veza-local-scan-dlq` is `scan-dlq`. */
function queueUrls(template: Template): Record<string, string> {
  const queues = template.ofType('AWS::SQS::Queue')
  return Object.fromEntries(
    queues.map((queue) => [queue.attribute('QueueName').replace(/^[^-]+-[^-]+-/, ''), queue.ref]),
  )
}
