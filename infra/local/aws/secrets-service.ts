import { randomUUID } from 'node:crypto'
import { AwsError, notImplemented } from './aws-error.ts'
import { type AwsService, answerJson, failJson, parseJson } from './aws-service.ts'
import type { Need } from './need.ts'
import type { Rotations } from './secret-rotation.ts'
import { addVersion, moveStageChecked, type SecretVersion, versionAt } from './secret-versions.ts'
import type { Secret, Secrets } from './secrets.ts'

const CONTENT_TYPE = 'application/x-amz-json-1.1'

type Input = Record<string, unknown>

interface BackEnd {
  readonly secrets: Secrets
  readonly rotations: Rotations
}

type Action = (secret: Secret, input: Input, backEnd: BackEnd) => unknown

const actions: Readonly<Record<string, Action>> = {
  GetSecretValue(secret, input) {
    const { id, stages, value, created_at } = findVersion(secret, input)
    return {
      ...identityOf(secret),
      VersionId: id,
      VersionStages: stages,
      SecretString: value,
      CreatedDate: seconds(created_at),
    }
  },
  DescribeSecret(secret, _, { rotations }) {
    const rotation = rotations.of(secret)
    return {
      ...identityOf(secret),
      ...(rotation && {
        RotationEnabled: true,
        RotationLambdaARN: rotation.lambdaArn,
        RotationRules: rotation.rules,
      }),
      VersionIdsToStages: Object.fromEntries(secret.versions.map(({ id, stages }) => [id, stages])),
    }
  },
  PutSecretValue(secret, input, { secrets }) {
    const value = input.SecretString
    if (typeof value !== 'string') throw notImplemented('PutSecretValue without a SecretString')
    const id = tokenOf(input) ?? randomUUID()
    const stages = (input.VersionStages as string[] | undefined) ?? ['AWSCURRENT']
    secrets.change(secret.arn, (versions, created_at) =>
      addVersion(versions, { id, value, stages, created_at }),
    )
    return { ...identityOf(secret), VersionId: id, VersionStages: stages }
  },
  UpdateSecretVersionStage(secret, input, { secrets }) {
    const move = {
      stage: String(input.VersionStage),
      to: textOf(input.MoveToVersionId),
      from: textOf(input.RemoveFromVersionId),
    }
    secrets.change(secret.arn, (versions) => moveStageChecked(versions, move))
    return identityOf(secret)
  },
  RotateSecret(secret, input, { rotations }) {
    if (input.RotationLambdaARN !== undefined || input.RotationRules !== undefined)
      throw notImplemented('RotateSecret with another function or other rules than the template has')
    return { ...identityOf(secret), VersionId: rotations.start(secret, tokenOf(input)) }
  },
}

export function createSecretsService({ secrets, rotations }: BackEnd): AwsService {
  return {
    name: 'secretsmanager',
    streams: false,
    identify({ incoming, body }) {
      const target = String(incoming.headers['x-amz-target'] ?? '')
      const name = target.replace(/^secretsmanager\./, '')
      const action = actions[name]
      if (!action) throw notImplemented(`the Secrets Manager action "${target}"`)
      const input = parseJson(body)
      const id = String(input.SecretId ?? '')
      const secret = secrets.find(id)
      return {
        name: `secretsmanager:${name}`,
        needs: needsOf(name, secret?.arn ?? unknownArn(id), secret && rotations.of(secret)?.lambdaArn),
        async run(response) {
          if (!secret) throw notFound()
          answerJson(response, 200, action(secret, input, { secrets, rotations }), CONTENT_TYPE)
        },
      }
    },
    fail: failJson({ contentType: CONTENT_TYPE }),
  }
}

/** Who may not read a secret is not told either whether there is one. A rotation runs its function in the caller's name. */
function needsOf(name: string, arn: string, lambdaArn: string | undefined): Need[] {
  const needs = [{ action: `secretsmanager:${name}`, resource: arn }]
  if (name === 'RotateSecret' && lambdaArn)
    needs.push({ action: 'lambda:InvokeFunction', resource: lambdaArn })
  return needs
}

const notFound = () =>
  new AwsError('ResourceNotFoundException', 400, "Secrets Manager can't find the specified secret.")

/** By its id, by a stage, or by both, which then have to agree. */
function findVersion(secret: Secret, input: Input): SecretVersion {
  const id = textOf(input.VersionId)
  const stage = textOf(input.VersionStage) ?? (id === undefined ? 'AWSCURRENT' : undefined)
  const byId = secret.versions.find((version) => version.id === id)
  const version = stage === undefined ? byId : versionAt(secret.versions, stage)
  if (version?.value !== undefined && (id === undefined || version === byId)) return version
  throw new AwsError(
    'ResourceNotFoundException',
    400,
    `Secrets Manager can't find the specified secret value for ${stage ? `staging label: ${stage}` : `VersionId: ${id}`}`,
  )
}

/** Becomes the id of the version. */
function tokenOf(input: Input): string | undefined {
  const token = textOf(input.ClientRequestToken)
  if (token === undefined || (token.length >= 32 && token.length <= 64)) return token
  throw new AwsError('InvalidParameterException', 400, 'ClientRequestToken must be 32-64 characters long.')
}

const textOf = (value: unknown) => (value === undefined || value === null ? undefined : String(value))
const identityOf = ({ arn, name }: Secret) => ({ ARN: arn, Name: name })
const unknownArn = (id: string) =>
  id.startsWith('arn:') ? id : `arn:aws:secretsmanager:us-east-1:000000000000:secret:${id}-000000`
const seconds = (time: string) => Date.parse(time) / 1000
