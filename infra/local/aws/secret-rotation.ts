import { randomUUID } from 'node:crypto'
import type { Template } from '../template.ts'
import { AwsError } from './aws-error.ts'
import type { InvokeFunction } from './lambda-service.ts'
import type { Logger } from './logger.ts'
import { addVersion, versionAt } from './secret-versions.ts'
import type { Secret, Secrets } from './secrets.ts'

const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const

export interface Rotation {
  readonly lambdaArn: string
  readonly rules: unknown
}

export interface RotationsOptions {
  readonly template: Pick<Template, 'ofType' | 'find'>
  readonly secrets: Secrets
  readonly invokeFunction: InvokeFunction
  readonly logger: Logger
}

export type Rotations = ReturnType<typeof createRotations>

/** The `AWS::SecretsManager::RotationSchedule`s of the template, run when they are asked for and not by the clock. */
export function createRotations({ template, secrets, invokeFunction, logger }: RotationsOptions) {
  const rotations = new Map<string, Rotation>(
    template
      .ofType('AWS::SecretsManager::RotationSchedule')
      .map(({ properties }) => [
        String(properties.SecretId),
        { lambdaArn: String(properties.RotationLambdaARN), rules: properties.RotationRules },
      ]),
  )
  const permitted = new Set(
    template
      .ofType('AWS::Lambda::Permission')
      .filter(({ properties }) => properties.Principal === 'secretsmanager.amazonaws.com')
      .map(({ properties }) => String(properties.FunctionName)),
  )
  const mayInvoke = (arn: string) => permitted.has(arn) || permitted.has(arn.split(':').at(-1)!)

  /** A step that fails leaves the rest undone and the version pending, as it does on AWS once it has tried enough. */
  const run = async (secret: Secret, { lambdaArn }: Rotation, token: string) => {
    for (const Step of steps) {
      const event = { Step, SecretId: secret.arn, ClientRequestToken: token, RotationToken: randomUUID() }
      const { payload, functionError } = await invokeFunction(
        lambdaArn,
        JSON.stringify(event),
        'RequestResponse',
      )
      if (functionError) throw new Error(`${Step} of ${secret.name}: ${payload?.slice(0, 500)}`)
    }
  }

  return {
    of: (secret: Secret) => rotations.get(secret.arn),

    /** Answers as soon as it is under way. */
    start(secret: Secret, token: string = randomUUID()): string {
      const rotation = rotations.get(secret.arn)
      if (!rotation) throw invalid('No Lambda rotation function ARN is associated with this secret.')
      if (!mayInvoke(rotation.lambdaArn))
        throw new AwsError(
          'AccessDeniedException',
          400,
          `Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.`,
        )
      const pending = versionAt(secret.versions, 'AWSPENDING')
      if (pending && pending.id !== token && !pending.stages.includes('AWSCURRENT'))
        throw invalid("A previous rotation isn't complete. That rotation will be reattempted.")
      if (!pending || pending.id !== token)
        secrets.change(secret.arn, (versions, created_at) =>
          addVersion(versions, { id: token, stages: ['AWSPENDING'], created_at }),
        )
      void run(secret, rotation, token).catch((error: Error) =>
        logger.error(`The rotation failed: ${error.message}`),
      )
      return token
    },
  }
}

const invalid = (message: string) => new AwsError('InvalidRequestException', 400, message)
