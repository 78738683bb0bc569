import { randomBytes } from 'node:crypto'
import { ACCOUNT, REGION, type Resource, type Template } from '../template.ts'
import type { Authorizer } from './iam.ts'
import type { Logger } from './logger.ts'
import type { Queues } from './sqs.ts'

/** What a service tells the default event bus. */
export interface BusEvent {
  readonly source: string
  readonly detailType: string
  readonly resources: readonly string[]
  readonly detail: object
  readonly at: Date
}

export interface EventBus {
  publish(event: BusEvent): Promise<void>
}

interface Target {
  readonly Arn: string
  readonly DeadLetterConfig?: { readonly Arn: string }
  readonly InputTransformer?: {
    readonly InputPathsMap?: Readonly<Record<string, string>>
    readonly InputTemplate: string
  }
}

/** The default event bus: every enabled `AWS::Events::Rule` with a pattern hands what it matches to its queues. */
export function createEventBus(
  template: Pick<Template, 'ofType'>,
  dependencies: {
    readonly queues: Pick<Queues, 'send'>
    readonly authorizer: Pick<Authorizer, 'authorizeService'>
    readonly logger: Logger
  },
): EventBus {
  const { queues, authorizer, logger } = dependencies
  const rules = template
    .ofType('AWS::Events::Rule')
    .filter(({ properties }) => properties.State !== 'DISABLED' && properties.EventPattern)

  const isAllowed = async (rule: Resource, queueArn: string) => {
    const need = { action: 'sqs:SendMessage', resource: queueArn }
    const decision = await authorizer.authorizeService('events.amazonaws.com', need, {
      arn: rule.attribute('Arn'),
    })
    if (!decision.allowed) logger.error(`The rule ${rule.ref} lost an event: ${decision.message}`)
    return decision.allowed
  }

  /** What cannot be made of an event, or delivered, goes to the dead-letter queue of the target. */
  const deliver = async (rule: Resource, target: Target, envelope: object) => {
    if (!target.Arn.startsWith('arn:aws:sqs:')) throw new Error(`${rule.key}: only queues are targets here`)
    const body = inputOf(target, envelope)
    if (body !== undefined && (await isAllowed(rule, target.Arn))) return queues.send(target.Arn, body)
    const { Arn } = target.DeadLetterConfig ?? {}
    if (Arn && (await isAllowed(rule, Arn))) queues.send(Arn, JSON.stringify(envelope))
  }

  return {
    async publish(event) {
      const envelope = toEnvelope(event)
      const matching = rules.filter(({ properties }) => matches(properties.EventPattern, envelope))
      for (const rule of matching) {
        for (const target of (rule.properties.Targets ?? []) as Target[])
          await deliver(rule, target, envelope)
      }
    },
  }
}

const toEnvelope = ({ source, detailType, resources, detail, at }: BusEvent) => ({
  version: '0',
  id: eventId(),
  'detail-type': detailType,
  source,
  account: ACCOUNT,
  // Whole seconds, as EventBridge has it.
  time: at.toISOString().replace(/\.\d+Z$/, 'Z'),
  region: REGION,
  resources,
  detail,
})

/** Written like a UUID, and of no version: as those of EventBridge are. */
function eventId(): string {
  const hex = randomBytes(16).toString('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `b${hex.slice(13, 16)}`,
    `2${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-')
}

/** Members of a pattern are all to be there; a list names the values, one of which is to be the event's, or in its list. */
export function matches(pattern: unknown, value: unknown): boolean {
  if (Array.isArray(pattern)) {
    const present = Array.isArray(value) ? value : [value]
    return pattern.some((wanted) => {
      if (typeof wanted === 'object' && wanted !== null) throw new Error('Only plain values are matched here')
      return present.includes(wanted)
    })
  }
  if (typeof pattern !== 'object' || pattern === null || typeof value !== 'object' || value === null)
    return false
  return Object.entries(pattern).every(([name, of]) => matches(of, (value as Record<string, unknown>)[name]))
}

/** Undefined where it comes to no JSON, as when the event lacks what the template asks for. */
export function inputOf(
  { InputTransformer }: Pick<Target, 'InputTransformer'>,
  envelope: object,
): string | undefined {
  if (!InputTransformer) return JSON.stringify(envelope)
  const { InputPathsMap = {}, InputTemplate } = InputTransformer
  // In one go: what a value holds is no place for another.
  const text = InputTemplate.replace(/<([\w-]+)>/g, (whole, name) => {
    const path = InputPathsMap[name]
    const value = path === undefined ? undefined : valueAt(envelope, path)
    return value === undefined ? whole : JSON.stringify(value)
  })
  try {
    JSON.parse(text)
    return text
  } catch {
    return undefined
  }
}

/** `$.detail.mail.messageId`; other JSON paths are not used. */
const valueAt = (value: unknown, path: string) =>
  path
    .split('.')
    .slice(1)
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], value)
