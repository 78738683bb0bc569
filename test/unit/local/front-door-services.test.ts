import { statSync } from 'node:fs'
import path from 'node:path'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2'
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'
import { AwsClient } from 'aws4fetch'
import { startTestDoor, type TestDoor } from '../../support/front-door.ts'

let local: TestDoor

beforeAll(async () => {
  local = await startTestDoor({
    invokeFunction: async (nameOrArn, payload, type) =>
      nameOrArn.endsWith(':veza-test-worker')
        ? { payload: JSON.stringify({ nameOrArn, type, got: JSON.parse(payload) }) }
        : { payload: '{"errorMessage":"no"}', functionError: 'Unhandled' },
  })
})
afterAll(() => local.close())

const urlOf = (queue: string) => `http://127.0.0.1:4566/000000000000/${queue}`
const secretArn = (id: string) => local.parts.secrets.find(`Test-${id}`)!.arn

describe('SQS', () => {
  const operator = () => new SQSClient(local.as('operator'))
  const receive = (queue: string, VisibilityTimeout: number) =>
    operator().send(
      new ReceiveMessageCommand({ QueueUrl: urlOf(queue), VisibilityTimeout, AttributeNames: ['All'] }),
    )

  it('sends, receives and moves to the dead-letter queue what nobody handles, and back', async () => {
    const sqs = operator()
    await sqs.send(new SendMessageCommand({ QueueUrl: urlOf('scan'), MessageBody: 'poison' }))

    const first = await receive('scan', 0)
    const second = await receive('scan', 0)
    const third = await receive('scan', 0)
    const dead = await receive('scan-dlq', 0)
    await sqs.send(
      new StartMessageMoveTaskCommand({ SourceArn: 'arn:aws:sqs:us-east-1:000000000000:scan-dlq' }),
    )
    const back = await receive('scan', 0)

    expect(first.Messages?.[0]?.Attributes?.ApproximateReceiveCount).toBe('1')
    expect(second.Messages?.[0]?.Attributes?.ApproximateReceiveCount).toBe('2')
    expect(third.Messages).toBeUndefined()
    expect(dead.Messages?.[0]?.Body).toBe('poison')
    expect(back.Messages?.[0]).toMatchObject({ Body: 'poison', Attributes: { ApproximateReceiveCount: '1' } })
    local.parts.queues.delete('scan', [back.Messages![0]!.ReceiptHandle!])
  })

  it('takes every character that SQS takes, and no other', async () => {
    const send = (MessageBody: string) =>
      operator().send(new SendMessageCommand({ QueueUrl: urlOf('scan'), MessageBody }))
    const body = 'tab\t, line\r\n, é, 日本, 🎧 and \u{10ffff}'
    await send(body)

    const { Messages: [message] = [] } = await receive('scan', 30)
    local.parts.queues.delete('scan', [message!.ReceiptHandle!])

    expect(message!.Body).toBe(body)
    for (const text of ['nul \0', 'bell \x07', 'not a character \uffff']) {
      await expect(send(text)).rejects.toThrow('Invalid characters found')
    }
  })

  it('knows whose dead-letter queue it is', async () => {
    const { queueUrls } = await operator().send(
      new ListDeadLetterSourceQueuesCommand({ QueueUrl: urlOf('scan-dlq') }),
    )

    expect(queueUrls).toEqual([urlOf('scan')])
  })

  it('knows a queue by the URL of the template', async () => {
    const { QueueUrl } = await operator().send(new GetQueueUrlCommand({ QueueName: 'scan' }))
    const { Attributes } = await operator().send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    )

    expect(QueueUrl).toBe(urlOf('scan'))
    expect(Attributes).toMatchObject({ VisibilityTimeout: '30' })
  })

  it('takes what a function sends and what its own poller does', async () => {
    const { queues } = local.parts
    const tracks = new SQSClient(local.as('veza-test-tracks'))
    const waiting = queues.receive('events', { max: 10, waitMs: 5000 })
    await tracks.send(
      new SendMessageBatchCommand({
        QueueUrl: urlOf('events'),
        Entries: [
          {
            Id: '1',
            MessageBody: 'one',
            MessageAttributes: { kind: { DataType: 'String', StringValue: 'a' } },
          },
        ],
      }),
    )

    const [message] = await waiting
    const inFlight = queues.depth('events')
    queues.changeVisibility('events', message!.receiptHandle, 0)
    const [again] = await queues.receive('arn:aws:sqs:us-east-1:000000000000:events', {
      max: 1,
      waitMs: 1000,
    })
    queues.delete('events', [again!.receiptHandle])

    expect(message).toMatchObject({
      body: 'one',
      attributes: { ApproximateReceiveCount: '1' },
      messageAttributes: { kind: { dataType: 'String', stringValue: 'a' } },
    })
    expect(inFlight).toEqual({ ready: 0, in_flight: 1, delayed: 0 })
    expect(again?.attributes.ApproximateReceiveCount).toBe('2')
    expect(queues.depth('events')).toEqual({ ready: 0, in_flight: 0, delayed: 0 })
  })

  it('stops waiting when it is told to', async () => {
    const stop = new AbortController()
    const waiting = local.parts.queues.receive('events', { max: 1, waitMs: 20_000, signal: stop.signal })

    stop.abort()

    await expect(waiting).resolves.toEqual([])
  })

  it.each([
    {
      name: 'a queue that was not granted',
      call: () => operator().send(new SendMessageCommand({ QueueUrl: urlOf('events'), MessageBody: 'x' })),
      code: 'AccessDeniedException',
      message: '"Action":"sqs:SendMessage"',
    },
    {
      name: 'an action that was not granted',
      call: () =>
        new SQSClient(local.as('veza-test-tracks')).send(
          new ChangeMessageVisibilityCommand({
            QueueUrl: urlOf('events'),
            ReceiptHandle: 'x',
            VisibilityTimeout: 1,
          }),
        ),
      code: 'AccessDeniedException',
      message: 'sqs:ChangeMessageVisibility',
    },
    {
      name: 'making a queue',
      call: () => operator().send(new CreateQueueCommand({ QueueName: 'mine' })),
      code: 'UnknownOperationException',
      message: 'made by the template',
    },
    {
      name: 'a function that lost its session token',
      call: () => {
        const { sessionToken: _, ...credentials } = local.as('veza-test-tracks').credentials
        return new SQSClient({ ...local.as('veza-test-tracks'), credentials }).send(
          new SendMessageCommand({ QueueUrl: urlOf('events'), MessageBody: 'x' }),
        )
      },
      code: 'UnrecognizedClientException',
      message: 'security token',
    },
    {
      name: 'another secret key',
      call: () =>
        new SQSClient({
          ...local.as('operator'),
          credentials: { ...local.as('operator').credentials, secretAccessKey: 'guessed' },
        }).send(new SendMessageCommand({ QueueUrl: urlOf('scan'), MessageBody: 'x' })),
      code: 'InvalidSignatureException',
      message: 'does not match',
    },
  ])('refuses $name', async ({ call, code, message }) => {
    await expect(call()).rejects.toMatchObject({ name: code, message: expect.stringContaining(message) })
  })
})

describe('Secrets Manager', () => {
  const tracks = () => new SecretsManagerClient(local.as('veza-test-tracks'))

  it('makes the values its template describes', async () => {
    const { SecretString } = await tracks().send(
      new GetSecretValueCommand({ SecretId: secretArn('JwtSecret') }),
    )

    expect(JSON.parse(SecretString!)).toEqual({ kid: '1', key: expect.stringMatching(/^[A-Za-z0-9]{64}$/) })
    expect(local.parts.secrets.value('Test-OtherSecret')).toMatch(/^[A-Za-z0-9]{64}$/)
  })

  it('keeps them in a file of its own user over a restart', async () => {
    const before = local.parts.secrets.value('Test-OtherSecret')
    const first = await startTestDoor()
    const value = first.parts.secrets.value('Test-OtherSecret')
    await first.stop()

    const second = await startTestDoor({ dataDir: first.dataDir })

    expect(second.parts.secrets.value('Test-OtherSecret')).toBe(value)
    expect(value).not.toBe(before)
    expect(statSync(path.join(first.dataDir, 'secrets.json')).mode & 0o777).toBe(0o600)
    await second.close()
  })

  it('tells whose secret may not be read', async () => {
    const refused = tracks().send(new GetSecretValueCommand({ SecretId: secretArn('OtherSecret') }))
    const absent = tracks().send(new GetSecretValueCommand({ SecretId: 'Absent' }))
    const written = tracks().send(
      new PutSecretValueCommand({ SecretId: secretArn('JwtSecret'), SecretString: 'x' }),
    )

    await expect(refused).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`"Resource":"${secretArn('OtherSecret')}"`),
    })
    await expect(absent).rejects.toMatchObject({ name: 'AccessDeniedException' })
    await expect(written).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })

  it('describes the versions of a secret that was rotated', async () => {
    const { secrets } = local.parts
    const before = secrets.value('Test-JwtSecret')

    secrets.put('Test-JwtSecret', '{"kid":"2","key":"new"}')
    const described = await tracks().send(new DescribeSecretCommand({ SecretId: 'Test-JwtSecret' }))
    const previous = await tracks().send(
      new GetSecretValueCommand({ SecretId: 'Test-JwtSecret', VersionStage: 'AWSPREVIOUS' }),
    )

    expect(Object.values(described.VersionIdsToStages ?? {})).toEqual([['AWSCURRENT'], ['AWSPREVIOUS']])
    expect(previous.SecretString).toBe(before)
  })
})

describe('SES', () => {
  const mail = (from: string) =>
    new SendEmailCommand({
      FromEmailAddress: from,
      Destination: { ToAddresses: ['alice@example.com'] },
      Content: { Simple: { Subject: { Data: 'Welcome' }, Body: { Text: { Data: 'Hello Alice' } } } },
    })

  it('puts a mail into the box that everyone on this machine may read', async () => {
    const { MessageId } = await new SESv2Client(local.as('veza-test-tracks')).send(
      mail('Veza <noreply@veza.example>'),
    )

    const { emails } = (await (await fetch(`${local.parts.mailbox.url}/store`)).json()) as {
      emails: { messageId: string }[]
    }

    expect(emails.find(({ messageId }) => messageId === MessageId)).toMatchObject({
      from: 'Veza <noreply@veza.example>',
      subject: 'Welcome',
      destination: { to: ['alice@example.com'] },
    })
  })

  it('sends for nobody without the right, and for nobody at the mailbox itself', async () => {
    const refused = new SESv2Client(local.as('veza-test-worker')).send(mail('noreply@veza.example'))
    const direct = await fetch(`${local.parts.mailbox.url}/v2/email/outbound-emails`, {
      method: 'POST',
      headers: { authorization: 'AWS anybody', 'content-type': 'application/json' },
      body: '{}',
    })

    await expect(refused).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('identity/veza.example'),
    })
    expect(direct.status).toBe(404)
  })
})

describe('Lambda', () => {
  it('invokes the function that was granted, and no other', async () => {
    const operator = new LambdaClient(local.as('operator'))

    const { Payload, StatusCode } = await operator.send(
      new InvokeCommand({ FunctionName: 'veza-test-worker', Payload: '{"n":1}' }),
    )
    const refused = operator.send(new InvokeCommand({ FunctionName: 'veza-test-tracks', Payload: '{}' }))

    expect(StatusCode).toBe(200)
    expect(JSON.parse(Payload!.transformToString())).toEqual({
      nameOrArn: 'arn:aws:lambda:us-east-1:000000000000:function:veza-test-worker',
      type: 'RequestResponse',
      got: { n: 1 },
    })
    await expect(refused).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })
})

describe('the gateway', () => {
  const source = '/api/v1/internal/tracks/t1/source?version_id=a%20b'
  const arn = (method: string, route: string) =>
    `arn:aws:execute-api:us-east-1:000000000000:api/$default/${method}/api/v1/internal/tracks/${route}`

  const signed = async (caller: string, init: { method?: string; body?: string } = {}) => {
    const { credentials } = local.as(caller)
    const client = new AwsClient({ ...credentials, service: 'execute-api', region: 'us-east-1' })
    const request = await client.sign(`http://127.0.0.1:3000${source}`, init)
    return {
      method: request.method,
      path: source,
      headers: { ...Object.fromEntries(request.headers), host: '127.0.0.1:3000' },
      body: Buffer.from(init.body ?? ''),
    }
  }

  it('lets the stream server call the route of its policy', async () => {
    const call = await signed('stream_server')

    const verdict = await local.door.verifyGatewayCall({ ...call, resourceArn: arn('GET', 't1/source') })

    expect(verdict).toMatchObject({ principal: { name: 'stream_server' } })
  })

  it.each([
    {
      name: 'a route that is not in the policy',
      verify: async () => ({
        ...(await signed('stream_server')),
        resourceArn: arn('POST', 't1/stream-ready'),
      }),
      problem: 'execute-api:Invoke',
    },
    {
      name: "another caller's key",
      verify: async () => ({ ...(await signed('operator')), resourceArn: arn('GET', 't1/source') }),
      problem: 'operator',
    },
    {
      name: 'another body than was signed',
      verify: async () => ({
        ...(await signed('stream_server', { method: 'POST', body: '{"a":1}' })),
        body: Buffer.from('{"a":2}'),
        resourceArn: arn('GET', 't1/source'),
      }),
      problem: 'does not match',
    },
    {
      name: 'no signature',
      verify: async () => ({
        ...(await signed('stream_server')),
        headers: { host: '127.0.0.1:3000' },
        resourceArn: arn('GET', 't1/source'),
      }),
      problem: 'Missing Authentication Token',
    },
    {
      name: 'a signature made for S3',
      verify: async () => {
        const client = new AwsClient({
          ...local.as('stream_server').credentials,
          service: 's3',
          region: 'us-east-1',
        })
        const request = await client.sign(`http://127.0.0.1:3000${source}`)
        return {
          ...(await signed('stream_server')),
          headers: { ...Object.fromEntries(request.headers), host: '127.0.0.1:3000' },
          resourceArn: arn('GET', 't1/source'),
        }
      },
      problem: 'scoped to s3',
    },
  ])('refuses $name', async ({ verify, problem }) => {
    await expect(local.door.verifyGatewayCall(await verify())).resolves.toEqual({
      problem: expect.stringContaining(problem),
    })
  })
})

describe('what a service does in the name of a role', () => {
  it('is decided and recorded like a call', async () => {
    const allowed = await local.door.authorize(
      'veza-test-tracks',
      'sqs:SendMessage',
      'arn:aws:sqs:us-east-1:000000000000:events',
    )
    const refused = await local.door.authorize(
      'veza-test-worker',
      'sqs:ReceiveMessage',
      'arn:aws:sqs:us-east-1:000000000000:scan',
    )

    expect(allowed).toEqual({ allowed: true })
    expect(refused).toMatchObject({ allowed: false, message: expect.stringContaining('sqs:ReceiveMessage') })
    expect(local.door.usage()['veza-test-worker']?.used).toContainEqual({
      action: 'sqs:ReceiveMessage',
      resource: 'arn:aws:sqs:us-east-1:000000000000:scan',
      allowed: 0,
      refused: 1,
    })
  })
})

it('refuses a request of another time', async () => {
  const later = await startTestDoor({ now: () => new Date(Date.now() + 16 * 60_000) })

  const secrets = new SecretsManagerClient(later.as('veza-test-tracks'))
  const call = secrets.send(new GetSecretValueCommand({ SecretId: 'Test-JwtSecret' }))

  await expect(call).rejects.toMatchObject({
    name: 'InvalidSignatureException',
    message: expect.stringContaining('request time'),
  })
  await later.close()
})

it('keeps what is on a queue over a restart', async () => {
  const first = await startTestDoor()
  first.parts.queues.send('scan', 'still to do')
  const taken = first.parts.queues.send('events', 'taken')
  const [inFlight] = await first.parts.queues.receive('events', { max: 1, waitMs: 0, visibilityTimeout: 600 })
  first.parts.queues.changeVisibility('events', inFlight!.receiptHandle, 0)
  await first.stop()

  const second = await startTestDoor({ dataDir: first.dataDir })
  const [message] = await second.parts.queues.receive('scan', { max: 1, waitMs: 0 })
  const [again] = await second.parts.queues.receive('events', { max: 1, waitMs: 0 })

  expect(message?.body).toBe('still to do')
  expect(inFlight?.messageId).toBe(taken.messageId)
  expect(again).toMatchObject({ messageId: taken.messageId, attributes: { ApproximateReceiveCount: '2' } })
  await second.close()
})
