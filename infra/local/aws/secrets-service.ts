import { AwsError, notImplemented } from './aws-error.ts'
import { type AwsService, answerJson, failJson, parseJson } from './aws-service.ts'
import type { Secret, Secrets, SecretVersion } from './secrets.ts'

const CONTENT_TYPE = 'application/x-amz-json-1.1'

type Input = Record<string, unknown>
type Action = (secret: Secret, input: Input, secrets: Secrets) => unknown

const actions: Readonly<Record<string, Action>> = {
  GetSecretValue(secret, input) {
    const version = findVersion(secret, input)
    return {
      ...identityOf(secret),
      VersionId: version.id,
      VersionStages: version.stages,
      SecretString: version.value,
      CreatedDate: seconds(version.created_at),
    }
  },
  DescribeSecret: (secret) => ({
    ...identityOf(secret),
    VersionIdsToStages: Object.fromEntries(secret.versions.map(({ id, stages }) => [id, stages])),
  }),
  PutSecretValue(secret, input, secrets) {
    if (typeof input.SecretString !== 'string') throw notImplemented('PutSecretValue without a SecretString')
    const version = secrets.put(secret.arn, input.SecretString)
    return { ...identityOf(secret), VersionId: version.id, VersionStages: version.stages }
  },
}

export function createSecretsService(secrets: Secrets): AwsService {
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
        // Who may not read a secret is not told either whether there is one.
        needs: [{ action: `secretsmanager:${name}`, resource: secret?.arn ?? unknownArn(id) }],
        async run(response) {
          if (!secret) throw notFound()
          answerJson(response, 200, action(secret, input, secrets), CONTENT_TYPE)
        },
      }
    },
    fail: failJson({ contentType: CONTENT_TYPE }),
  }
}

const notFound = () =>
  new AwsError('ResourceNotFoundException', 400, "Secrets Manager can't find the specified secret.")

function findVersion(secret: Secret, input: Input): SecretVersion {
  const stage = String(input.VersionStage ?? 'AWSCURRENT')
  const version = secret.versions.find(({ id, stages }) =>
    input.VersionId === undefined ? stages.includes(stage) : id === input.VersionId,
  )
  if (version) return version
  throw new AwsError(
    'ResourceNotFoundException',
    400,
    `Secrets Manager can't find the specified secret value for ${stage}`,
  )
}

const identityOf = ({ arn, name }: Secret) => ({ ARN: arn, Name: name })
const unknownArn = (id: string) =>
  id.startsWith('arn:') ? id : `arn:aws:secretsmanager:us-east-1:000000000000:secret:${id}-000000`
const seconds = (time: string) => Date.parse(time) / 1000
