import { createTasks, type TaskDependencies } from '../../lib/schedule/tasks.ts'
import { everyResource, functionsByName, type Resource, resources, synthesize, target } from './synth.ts'

const stage = synthesize('prod')
const queues = everyResource(stage, 'AWS::SQS::Queue')
const policies = everyResource(stage, 'AWS::SQS::QueuePolicy')
const mappings = resources(stage.app, 'AWS::Lambda::EventSourceMapping')
const alarms = resources(stage.app, 'AWS::CloudWatch::Alarm')
const schedules = resources(stage.app, 'AWS::Scheduler::Schedule')

const nameOf = ({ Properties }: Resource): string => Properties.QueueName
const isDeadLetter = (queue: Resource) => nameOf(queue).endsWith('-dlq')
const working = queues.filter((queue) => !isDeadLetter(queue))
const deadLetters = queues.filter(isDeadLetter)
const pointsTo = (reference: unknown, queue: Resource) => target(reference).includes(queue.id)

const table = working.map((queue) => ({ name: nameOf(queue), queue }))
const deadLetterTable = deadLetters.map((queue) => ({ name: nameOf(queue), queue }))
const consumers = new Map([
  ['veza-prod-scan', 'scan-worker'],
  ['veza-prod-metadata', 'metadata-worker'],
  ['veza-prod-analysis', 'analysis-worker'],
  ['veza-prod-events', 'jobs-worker'],
  ['veza-prod-stripe', 'stripe-worker'],
  ['veza-prod-webhooks', 'webhook-worker'],
  ['veza-prod-webhook-results', 'webhook-results-worker'],
  ['veza-prod-analytics', 'analytics-worker'],
])
const receives = new Map([
  ['veza-prod-analysis', 5],
  ['veza-prod-scan', 4],
  ['veza-prod-metadata', 4],
  ['veza-prod-events', 8],
  ['veza-prod-stripe', 8],
  ['veza-prod-webhooks', 5],
  ['veza-prod-webhook-results', 8],
  ['veza-prod-analytics', 8],
])

it('has a queue for each worker, a dead-letter queue for each, and for the schedules and the reports about mail', () => {
  expect(queues.map(nameOf).sort()).toEqual([
    'veza-prod-analysis',
    'veza-prod-analysis-dlq',
    'veza-prod-analytics',
    'veza-prod-analytics-dlq',
    'veza-prod-events',
    'veza-prod-events-dlq',
    'veza-prod-mail-feedback-dlq',
    'veza-prod-metadata',
    'veza-prod-metadata-dlq',
    'veza-prod-scan',
    'veza-prod-scan-dlq',
    'veza-prod-schedules-dlq',
    'veza-prod-stripe',
    'veza-prod-stripe-dlq',
    'veza-prod-webhook-results',
    'veza-prod-webhook-results-dlq',
    'veza-prod-webhooks',
    'veza-prod-webhooks-dlq',
  ])
})

describe.each(table)('$name', ({ name, queue }) => {
  const mapping = mappings.find(({ Properties }) => pointsTo(Properties.EventSourceArn, queue))!
  const worker = functionsByName(stage).get(consumers.get(name)!)!

  it('hides a message for six timeouts of its worker and its batching window', () => {
    const { MaximumBatchingWindowInSeconds = 0 } = mapping.Properties
    const least = 6 * worker.Properties.Timeout + MaximumBatchingWindowInSeconds
    expect(queue.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(least)
    expect(queue.Properties.VisibilityTimeout).toBeLessThanOrEqual(12 * 3600)
  })

  it('feeds its worker within a limit, and takes back only what failed', () => {
    expect(target(mapping.Properties.FunctionName)).toBe(worker.id)
    expect(mapping.Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures'])
    expect(mapping.Properties.ScalingConfig.MaximumConcurrency).toBeGreaterThanOrEqual(2)
  })

  it('gives up to its own dead-letter queue', () => {
    const { deadLetterTargetArn, maxReceiveCount } = queue.Properties.RedrivePolicy
    const [deadLetterQueue] = deadLetters.filter((candidate) => pointsTo(deadLetterTargetArn, candidate))
    expect(nameOf(deadLetterQueue!)).toBe(`${name}-dlq`)
    expect(maxReceiveCount).toBe(receives.get(name))
  })

  it('rings when it is not worked off', () => {
    expect(alarmsOn(queue, 'ApproximateAgeOfOldestMessage')).toHaveLength(1)
  })
})

describe.each(deadLetterTable)('$name', ({ queue }) => {
  it('keeps messages for 14 days', () => {
    expect(queue.Properties.MessageRetentionPeriod).toBe(14 * 24 * 3600)
  })

  it('rings at the first message', () => {
    const [alarm] = alarmsOn(queue, 'ApproximateNumberOfMessagesVisible')
    expect(alarm!.Properties).toMatchObject({
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      AlarmActions: [{ Ref: expect.stringMatching(/^AlarmsTopic/) }],
    })
  })
})

it.each([...table, ...deadLetterTable])('$name is encrypted and refuses plain HTTP', ({ queue }) => {
  expect(queue.Properties.SqsManagedSseEnabled).toBe(true)
  const policy = policies.find(({ Properties }) => target(Properties.Queues[0]) === queue.id)!
  expect(policy.Properties.PolicyDocument.Statement).toContainEqual(
    expect.objectContaining({
      Effect: 'Deny',
      Action: 'sqs:*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
  )
})

const tasks = Object.keys(createTasks({} as TaskDependencies))

it('has a schedule for each task of the scheduler, for the relay and for the definitions, and no other', () => {
  const names = schedules.map(({ Properties }) => Properties.Name.replace('veza-prod-', ''))
  expect(names.sort()).toEqual([...tasks, 'outbox-relay', 'definitions-updater'].sort())
})

const rates: Readonly<Record<string, string>> = {
  'expire-notifications': 'rate(1 day)',
  'send-digests': 'rate(1 minute)',
  'expire-mail-trouble': 'rate(1 day)',
  'repair-counts': 'rate(1 day)',
  'keep-months': 'rate(1 day)',
  'keep-playlists': 'rate(1 day)',
  'fold-counts': 'rate(1 minute)',
  'rank-tracks': 'rate(1 minute)',
  'watch-uploads': 'rate(5 minutes)',
  'prepare-streams': 'rate(1 minute)',
  'sweep-uploads': 'rate(5 minutes)',
  'release-tracks': 'rate(1 minute)',
  'analyse-versions': 'rate(5 minutes)',
  'rescan-versions': 'rate(1 minute)',
  'expire-orders': 'rate(1 minute)',
  'complete-orders': 'rate(5 minutes)',
  'reconcile-orders': 'rate(10 minutes)',
  'resend-stripe': 'rate(1 minute)',
  'pay-sellers': 'rate(7 days)',
  'retry-payouts': 'rate(1 day)',
  'compare-balance': 'rate(1 day)',
  'roll-up': 'rate(1 minute)',
  'send-webhooks': 'rate(1 minute)',
  'recover-webhooks': 'rate(1 minute)',
  'expire-market': 'rate(1 day)',
  'answer-disputes': 'rate(10 minutes)',
}

it.each([
  { name: 'outbox-relay', rate: 'rate(1 minute)', runs: 'outbox-relay', input: undefined },
  { name: 'definitions-updater', rate: 'rate(12 hours)', runs: 'definitions-updater', input: undefined },
  ...tasks.map((task) => ({
    name: task,
    rate: rates[task] ?? 'rate(1 hour)',
    runs: 'scheduler',
    input: JSON.stringify({ task }),
  })),
])('runs $name at its $rate as a role that can do nothing else', ({ name, rate, runs, input }) => {
  const schedule = schedules.find(({ Properties }) => Properties.Name === `veza-prod-${name}`)!
  const fn = functionsByName(stage).get(runs)!
  expect(schedule.Properties).toMatchObject({ ScheduleExpression: rate, State: 'ENABLED' })
  const { Arn, DeadLetterConfig, Input, RoleArn } = schedule.Properties.Target
  const deadLetterQueue = deadLetters.find((queue) => nameOf(queue) === 'veza-prod-schedules-dlq')!
  expect([target(Arn), Input]).toEqual([fn.id, input])
  expect(target(DeadLetterConfig.Arn)).toBe(deadLetterQueue.id)

  const policy = resources(stage.app, 'AWS::IAM::Policy').find(({ Properties }) =>
    Properties.Roles.some((role: unknown) => target(role) === target(RoleArn)),
  )!
  expect(policy.Properties.PolicyDocument.Statement).toEqual([
    { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: { 'Fn::GetAtt': [fn.id, 'Arn'] } },
    { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: { 'Fn::GetAtt': [deadLetterQueue.id, 'Arn'] } },
  ])
})

function alarmsOn(queue: Resource, metric: string) {
  return alarms.filter(
    ({ Properties }) =>
      Properties.MetricName === metric &&
      Properties.Dimensions.some((dimension: { Value: unknown }) => pointsTo(dimension.Value, queue)),
  )
}
