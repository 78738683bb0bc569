import { randomBytes } from 'node:crypto'
import { REGION, type Resource, type Template } from '../template.ts'
import type { Authorizer } from './iam.ts'
import type { Logger } from './logger.ts'
import type { Queues } from './sqs.ts'

/** Something that happened to an object; `eTag` and `size` are those of a created one. */
export interface ObjectEvent {
  readonly name: string
  readonly bucket: string
  readonly key: string
  readonly eTag?: string
  readonly size?: number
  /** Where the bucket keeps versions. */
  readonly versionId?: string
  readonly requestId: string
  readonly sourceIp: string
  readonly principalId: string
  readonly at: Date
}

interface Rule {
  readonly id: string
  readonly bucket: string
  readonly events: readonly string[]
  readonly prefix: string
  readonly suffix: string
  readonly queueArn: string
}

interface Filter {
  readonly Name: string
  readonly Value: string
}

interface QueueConfiguration {
  readonly Id?: string
  readonly Event?: string
  readonly Events?: readonly string[]
  readonly Queue?: string
  readonly QueueArn?: string
  readonly Filter?: {
    readonly Key?: { readonly FilterRules?: readonly Filter[] }
    readonly S3Key?: { readonly Rules?: readonly Filter[] }
  }
}

/** Sends the record S3 would send to every queue whose rule matches, if that queue's policy lets S3 in. */
export function createNotifications(
  template: Pick<Template, 'ofType'>,
  dependencies: {
    readonly queues: Pick<Queues, 'send'>
    readonly authorizer: Authorizer
    readonly logger: Logger
  },
) {
  const rules = notificationRules(template)
  let sequence = 0

  async function send(rule: Rule, event: ObjectEvent): Promise<void> {
    const source = { arn: `arn:aws:s3:::${rule.bucket}` }
    const need = { action: 'sqs:SendMessage', resource: rule.queueArn }
    const decision = await dependencies.authorizer.authorizeService('s3.amazonaws.com', need, source)
    if (!decision.allowed) return dependencies.logger.error(`S3 notification lost: ${decision.message}`)
    sequence += 1
    dependencies.queues.send(rule.queueArn, JSON.stringify({ Records: [toRecord(event, rule, sequence)] }))
  }

  return {
    async publish(event: ObjectEvent): Promise<void> {
      await Promise.all(rules.filter((rule) => matches(rule, event)).map((rule) => send(rule, event)))
    },
  }
}

function toRecord(event: ObjectEvent, rule: Rule, sequence: number) {
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: REGION,
    eventTime: event.at.toISOString(),
    eventName: event.name,
    userIdentity: { principalId: `AWS:${event.principalId}` },
    requestParameters: { sourceIPAddress: event.sourceIp },
    responseElements: {
      'x-amz-request-id': event.requestId,
      'x-amz-id-2': randomBytes(32).toString('base64'),
    },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: rule.id,
      bucket: {
        name: event.bucket,
        ownerIdentity: { principalId: 'LOCAL' },
        arn: `arn:aws:s3:::${event.bucket}`,
      },
      object: {
        key: encodeKey(event.key),
        ...(event.size !== undefined && { size: event.size }),
        ...(event.eTag !== undefined && { eTag: event.eTag.replaceAll('"', '') }),
        ...(event.versionId !== undefined && { versionId: event.versionId }),
        sequencer: sequencer(event.at, sequence),
      },
    },
  }
}

/** S3 writes keys here as a form would: encoded, with `+` for a space and `/` left alone. */
const encodeKey = (key: string) => encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/')

/** Greater for a later event on the same key, also across restarts. */
const sequencer = (at: Date, sequence: number) =>
  (
    at.getTime().toString(16).padStart(12, '0') + (sequence % 0xffffff).toString(16).padStart(6, '0')
  ).toUpperCase()

/** `s3:ObjectCreated:*` in a rule, `ObjectCreated:Put` in a record. */
function matches(rule: Rule, event: ObjectEvent): boolean {
  const named = rule.events.some((pattern) => {
    const name = pattern.replace(/^s3:/, '')
    return name.endsWith('*') ? event.name.startsWith(name.slice(0, -1)) : name === event.name
  })
  return (
    named &&
    rule.bucket === event.bucket &&
    event.key.startsWith(rule.prefix) &&
    event.key.endsWith(rule.suffix)
  )
}

/** CDK writes them as a custom resource beside the bucket, CloudFormation itself as a property of the bucket. */
function notificationRules(template: Pick<Template, 'ofType'>): Rule[] {
  const own = template.ofType('AWS::S3::Bucket').flatMap((bucket) => rulesOf(bucket, bucket.ref))
  const custom = template
    .ofType('Custom::S3BucketNotifications')
    .flatMap((resource) => rulesOf(resource, String(resource.properties.BucketName)))
  return [...own, ...custom]
}

function rulesOf({ properties }: Resource, bucket: string): Rule[] {
  const configuration = properties.NotificationConfiguration as
    | { readonly QueueConfigurations?: readonly QueueConfiguration[] }
    | undefined
  return (configuration?.QueueConfigurations ?? []).map((rule, index) => {
    const filters = rule.Filter?.Key?.FilterRules ?? rule.Filter?.S3Key?.Rules ?? []
    const filter = (name: string) => filters.find(({ Name }) => Name.toLowerCase() === name)?.Value ?? ''
    return {
      id: rule.Id ?? `rule-${index}`,
      bucket,
      events: rule.Events ?? [rule.Event ?? ''],
      prefix: filter('prefix'),
      suffix: filter('suffix'),
      queueArn: rule.QueueArn ?? rule.Queue ?? '',
    }
  })
}
