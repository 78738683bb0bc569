import { createEventBus, inputOf, matches } from '../../infra/local/aws/event-bus.ts'
import { createMailSimulator } from '../../infra/local/aws/mail-simulator.ts'
import { createTemplate } from '../../infra/local/template.ts'
import { eventMessage, events } from '../../lib/events.ts'
import { resources, synthesize } from './synth.ts'

describe('the template', () => {
  const { app } = synthesize('prod')
  const [set] = resources(app, 'AWS::SES::ConfigurationSet')
  const [destination] = resources(app, 'AWS::SES::ConfigurationSetEventDestination')
  const rules = resources(app, 'AWS::Events::Rule')

  test('has SES tell the default bus of bounces and complaints, and leave the list of addresses to us', () => {
    expect(set!.Properties).toMatchObject({
      Name: 'veza-prod-mail',
      ReputationOptions: { ReputationMetricsEnabled: true },
      SuppressionOptions: { SuppressedReasons: [] },
    })
    expect(destination!.Properties).toMatchObject({
      ConfigurationSetName: 'veza-prod-mail',
      EventDestination: { Enabled: true, MatchingEventTypes: ['BOUNCE', 'COMPLAINT'] },
    })
    const arn = destination!.Properties.EventDestination.EventBridgeDestination.EventBusArn
    expect(JSON.stringify(arn)).toContain(':event-bus/default')
  })

  test('has a rule for each, for mail of its own stage, with a queue for what cannot be delivered', () => {
    expect(rules.map(({ Properties }) => Properties.EventPattern)).toEqual(
      ['Email Bounced', 'Email Complaint Received'].map((type) => ({
        source: ['aws.ses'],
        'detail-type': [type],
        detail: { mail: { tags: { 'ses:configuration-set': ['veza-prod-mail'] } } },
      })),
    )
    for (const { Properties } of rules) {
      const [target, ...others] = Properties.Targets
      expect(others).toEqual([])
      expect(JSON.stringify(target.Arn)).toContain('EventsQueue')
      expect(JSON.stringify(target.DeadLetterConfig.Arn)).toContain('MailFeedbackDeadLetters')
      expect(Object.values(target.InputTransformer.InputPathsMap)).not.toContain('$.detail')
    }
  })

  test('lets each rule send to the queue, and nobody else by it', () => {
    const statements = resources(app, 'AWS::SQS::QueuePolicy')
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter(({ Principal }) => Principal?.Service === 'events.amazonaws.com')
    expect(statements).toHaveLength(4)
    for (const { Action, Condition } of statements) {
      expect(JSON.stringify(Action)).not.toContain('*')
      expect(JSON.stringify(Condition)).toMatch(/aws:SourceArn.*MailFeedback/)
    }
  })
})

describe('a pattern', () => {
  const event = { source: 'aws.ses', detail: { tags: { set: ['a', 'b'] }, count: 1 } }
  test.each([
    [{}, true],
    [{ source: ['aws.s3', 'aws.ses'] }, true],
    [{ source: ['aws.ses'], detail: { tags: { set: ['b'] } } }, true],
    [{ source: ['aws.s3'] }, false],
    [{ source: ['aws.ses'], detail: { tags: { set: ['c'] } } }, false],
    [{ detail: { missing: ['x'] } }, false],
    [{ source: { deeper: ['aws.ses'] } }, false],
    [{ detail: { count: ['1'] } }, false],
  ])('%j: %s', (pattern, isMatched) => expect(matches(pattern, event)).toBe(isMatched))

  test('of a kind that is not known is refused', () => {
    expect(() => matches({ source: [{ prefix: 'aws.' }] }, event)).toThrow('plain values')
  })
})

describe('a template', () => {
  const InputTransformer = {
    InputPathsMap: { who: '$.detail.who', list: '$.detail.list' },
    InputTemplate: '{"who":<who>,"list":<list>,"none":null}',
  }

  test('is filled in as JSON', () => {
    const input = inputOf(
      { InputTransformer },
      { detail: { who: 'a "b" <list> $&', list: [1, { x: null }] } },
    )
    expect(JSON.parse(input!)).toEqual({ who: 'a "b" <list> $&', list: [1, { x: null }], none: null })
  })

  test('comes to nothing where what it asks for is not there', () => {
    expect(inputOf({ InputTransformer }, { detail: { who: 'a' } })).toBeUndefined()
  })
})

describe('what becomes of a mail', () => {
  const { data, storage, app } = synthesize('local')
  const stacks = Object.entries({ Data: data, Storage: storage, App: app })
  const template = createTemplate(
    new Map(stacks.map(([name, stack]) => [`Veza-local-${name}`, stack.toJSON()])),
    {},
  )

  const send = async (to: string, { set = 'veza-local-mail', allowed = true } = {}) => {
    const sent: { queue: string; body: unknown }[] = []
    const bus = createEventBus(template, {
      queues: {
        send: (queue, body) => {
          sent.push({ queue, body: JSON.parse(body) })
          return { messageId: '' }
        },
      },
      authorizer: {
        authorizeService: async (_service, { resource }) =>
          allowed || resource.endsWith('-dlq') ? { allowed: true } : { allowed: false, message: 'no' },
      },
      logger: { error: () => {} } as never,
    })
    await createMailSimulator(
      template,
      bus,
    )({
      messageId: 'm-1',
      from: 'Veza <no-reply@veza.example>',
      to: [to],
      subject: 'Secret',
      configurationSet: set,
      at: new Date('2026-03-01T12:00:00.123Z'),
    })
    return sent
  }

  test.each([
    ['bounce@simulator.amazonses.com', { kind: 'bounce', bounce_type: 'Permanent' }],
    ['bounce+ada@simulator.amazonses.com', { kind: 'bounce', bounce_type: 'Permanent' }],
    ['suppressionlist@simulator.amazonses.com', { kind: 'bounce', bounce_type: 'Permanent' }],
    ['softbounce+ada@simulator.amazonses.com', { kind: 'bounce', bounce_type: 'Transient' }],
    ['complaint+ada@simulator.amazonses.com', { kind: 'complaint' }],
  ])('%s comes back as an event of ours', async (to, payload) => {
    const [message, ...others] = await send(to)
    expect(others).toEqual([])
    expect(message!.queue).toMatch(/:veza-local-events$/)
    const { type, payload: told, created_at } = eventMessage.parse(message!.body)
    expect([type, created_at]).toEqual(['mail.feedback', '2026-03-01T12:00:00Z'])
    expect(events['mail.feedback'].parse(told)).toMatchObject({
      ...payload,
      recipients: [{ emailAddress: to }],
      message_id: 'm-1',
      as_of: '2026-03-01T12:00:00.123Z',
    })
    expect(JSON.stringify(message!.body)).not.toContain('Secret')
  })

  test.each(['success@simulator.amazonses.com', 'ada@example.com', 'bounce@example.com'])(
    'of mail to %s nothing is told',
    async (to) => expect(await send(to)).toEqual([]),
  )

  test('nor of mail by another configuration set', async () => {
    expect(await send('bounce@simulator.amazonses.com', { set: 'veza-dev-mail' })).toEqual([])
  })

  test('what a queue does not take is kept as SES told it', async () => {
    const [kept] = await send('bounce@simulator.amazonses.com', { allowed: false })
    expect(kept).toMatchObject({
      queue: expect.stringMatching(/:veza-local-mail-feedback-dlq$/),
      body: { source: 'aws.ses', 'detail-type': 'Email Bounced' },
    })
  })
})
