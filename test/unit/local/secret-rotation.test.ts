import { randomUUID } from 'node:crypto'
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { until } from '../../../infra/local/client.ts'
import { createKeyRotation, rotationEvent } from '../../../lib/auth/key-rotation.ts'
import { createSecretVersions } from '../../../lib/aws/secret-versions.ts'
import { startTestDoor, type TestDoor } from '../../support/front-door.ts'

/** The real rotation function, at the platform's Secrets Manager and with the real client of it. */
let local: TestDoor
let operator: SecretsManagerClient
let worker: SecretsManagerClient
const events: { Step: string; ClientRequestToken: string }[] = []
let failing: string | undefined

beforeEach(async () => {
  events.length = 0
  failing = undefined
  local = await startTestDoor({
    invokeFunction: async (_, payload) => {
      const event = rotationEvent.parse(JSON.parse(payload))
      events.push(event)
      if (event.Step === failing) return { payload: '{"errorMessage":"no"}', functionError: 'Unhandled' }
      await createKeyRotation({ versions: createSecretVersions(worker) })(event)
      return { payload: 'null' }
    },
  })
  operator = new SecretsManagerClient(local.as('operator'))
  worker = new SecretsManagerClient(local.as('veza-test-worker'))
})
afterEach(() => local.close())

const SecretId = 'Test-JwtSecret'
const stagesOf = async () =>
  (await operator.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages ?? {}
const read = async (VersionStage?: string) => {
  const command = new GetSecretValueCommand({ SecretId, ...(VersionStage && { VersionStage }) })
  return JSON.parse((await worker.send(command)).SecretString!)
}

async function rotate(token: string = randomUUID()) {
  const { VersionId } = await operator.send(new RotateSecretCommand({ SecretId, ClientRequestToken: token }))
  await until('the version to be current', async () =>
    (await stagesOf())[VersionId!]?.includes('AWSCURRENT') ? true : undefined,
  )
  return VersionId!
}

test('a rotation takes the four steps, and the new version holds the key of the old one too', async () => {
  const before = await read()

  const token = await rotate()

  expect(events.map(({ Step }) => Step)).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])
  expect(new Set(events.map(({ ClientRequestToken }) => ClientRequestToken))).toEqual(new Set([token]))
  const after = await read()
  expect(after).toEqual({
    kid: token,
    key: expect.stringMatching(/^[\w-]{64}$/),
    previous_kid: before.kid,
    previous_key: before.key,
  })
  expect(await read('AWSPREVIOUS')).toEqual(before)
  expect(Object.values(await stagesOf())).toEqual([['AWSPENDING', 'AWSCURRENT'], ['AWSPREVIOUS']])
})

test('the rotation after that forgets the first key', async () => {
  await rotate()
  const second = await read()
  await rotate()

  expect(await read()).toMatchObject({ previous_kid: second.kid, previous_key: second.key })
  expect(JSON.stringify(await read())).not.toContain(second.previous_key)
  expect(Object.keys(await stagesOf())).toHaveLength(2)
})

test('says that the secret rotates, and how', async () => {
  expect(await operator.send(new DescribeSecretCommand({ SecretId }))).toMatchObject({
    RotationEnabled: true,
    RotationLambdaARN: 'arn:aws:lambda:us-east-1:000000000000:function:veza-test-worker',
    RotationRules: { ScheduleExpression: 'rate(30 days)' },
  })
  expect(await operator.send(new DescribeSecretCommand({ SecretId: 'Test-PlainSecret' }))).not.toHaveProperty(
    'RotationEnabled',
  )
})

test('a step that fails leaves the version pending, and the next attempt goes on with it', async () => {
  const before = await read()
  const token = randomUUID()
  failing = 'testSecret'
  await operator.send(new RotateSecretCommand({ SecretId, ClientRequestToken: token }))
  await until('the rotation to fail', async () => (local.warnings.length > 0 ? true : undefined))

  expect(await read()).toEqual(before)
  const pending = await read('AWSPENDING')
  await expect(operator.send(new RotateSecretCommand({ SecretId }))).rejects.toMatchObject({
    name: 'InvalidRequestException',
  })
  failing = undefined
  await rotate(token)

  expect(await read()).toEqual(pending)
})

test('a version that is announced holds nothing to read', async () => {
  const token = randomUUID()
  failing = 'createSecret'
  await operator.send(new RotateSecretCommand({ SecretId, ClientRequestToken: token }))

  expect((await stagesOf())[token]).toEqual(['AWSPENDING'])
  await expect(read('AWSPENDING')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
})

describe('is refused', () => {
  test.each([
    {
      name: 'to whoever may not',
      call: () => worker.send(new RotateSecretCommand({ SecretId })),
      code: 'AccessDeniedException',
    },
    {
      name: 'for a secret that has no function',
      call: () => operator.send(new RotateSecretCommand({ SecretId: 'Test-PlainSecret' })),
      code: 'InvalidRequestException',
    },
    {
      name: 'for a function that does not let Secrets Manager in',
      call: () => operator.send(new RotateSecretCommand({ SecretId: 'Test-OtherSecret' })),
      code: 'AccessDeniedException',
    },
    {
      name: 'with a token that is too short',
      call: () => operator.send(new RotateSecretCommand({ SecretId, ClientRequestToken: 'short' })),
      code: 'InvalidParameterException',
    },
    {
      name: 'with another function',
      call: () => operator.send(new RotateSecretCommand({ SecretId, RotationLambdaARN: 'arn:aws:lambda:x' })),
      code: 'UnknownOperationException',
    },
  ])('$name', async ({ call, code }) => {
    await expect(call()).rejects.toMatchObject({ name: code })
    expect(events).toEqual([])
  })
})

describe('versions', () => {
  const put = (ClientRequestToken: string, SecretString: string, VersionStages?: string[]) =>
    worker.send(
      new PutSecretValueCommand({
        SecretId,
        ClientRequestToken,
        SecretString,
        ...(VersionStages && { VersionStages }),
      }),
    )
  const move = (VersionStage: string, MoveToVersionId?: string, RemoveFromVersionId?: string) =>
    worker.send(
      new UpdateSecretVersionStageCommand({ SecretId, VersionStage, MoveToVersionId, RemoveFromVersionId }),
    )
  const current = async () =>
    Object.entries(await stagesOf()).find(([, stages]) => stages.includes('AWSCURRENT'))![0]

  test('put twice is put once, and never with another value', async () => {
    const token = randomUUID()
    await put(token, 'one', ['AWSPENDING'])

    expect(await put(token, 'one', ['AWSPENDING'])).toMatchObject({ VersionId: token })
    await expect(put(token, 'two', ['AWSPENDING'])).rejects.toMatchObject({
      name: 'ResourceExistsException',
    })
  })

  test('without a stage of their own are current, and what was current is previous', async () => {
    const before = await current()
    const token = randomUUID()
    await put(token, 'one')

    expect(await stagesOf()).toEqual({ [token]: ['AWSCURRENT'], [before]: ['AWSPREVIOUS'] })
  })

  test('have a stage moved to them by whoever knows where it is', async () => {
    const before = await current()
    const token = randomUUID()
    await put(token, 'one', ['AWSPENDING'])

    await expect(move('AWSCURRENT', token)).rejects.toMatchObject({ name: 'InvalidParameterException' })
    await expect(move('AWSCURRENT', token, randomUUID())).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
    await expect(move('AWSCURRENT', randomUUID(), before)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    await move('AWSCURRENT', token, before)

    expect(await stagesOf()).toEqual({ [token]: ['AWSPENDING', 'AWSCURRENT'], [before]: ['AWSPREVIOUS'] })
  })

  test('are gone with their last stage', async () => {
    const token = randomUUID()
    await put(token, 'one', ['AWSPENDING'])
    await move('AWSPENDING', undefined, token)

    expect(Object.keys(await stagesOf())).toEqual([await current()])
  })

  test('are read by id and stage only where both are right', async () => {
    const token = randomUUID()
    await put(token, 'one', ['AWSPENDING'])
    const readBoth = (VersionStage: string) =>
      worker.send(new GetSecretValueCommand({ SecretId, VersionId: token, VersionStage }))

    expect(await readBoth('AWSPENDING')).toMatchObject({ SecretString: 'one', VersionId: token })
    await expect(readBoth('AWSCURRENT')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })
})
