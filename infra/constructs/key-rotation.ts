import { Aws, Duration } from 'aws-cdk-lib'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnRotationSchedule, type Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import type { Foundation } from './foundation.ts'
import { ServiceFunction } from './service-function.ts'

/** Every 30 days the secrets that hold a ring of keys get a new one. */
export class KeyRotation extends Construct {
  readonly rotator: ServiceFunction

  constructor(scope: Construct, id: string, { stage, alarms, secrets }: Foundation) {
    super(scope, id)
    this.rotator = new ServiceFunction(this, 'key-rotator', {
      stage,
      alarms,
      name: 'key-rotator',
      memorySize: 256,
      timeout: Duration.seconds(30),
      environment: {},
    })
    const rotated = [secrets.jwt, secrets.field, secrets.webhook]
    this.rotator.allow(
      [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
      ],
      ...rotated.map(({ secretArn }) => secretArn),
    )
    this.rotator.fn.addPermission('Rotation', {
      principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
      sourceAccount: Aws.ACCOUNT_ID,
    })
    for (const secret of rotated) this.schedule(secret)
  }

  /** CDK's own schedule would let the function ask for random passwords of the whole account, which it makes itself. */
  private schedule(secret: Secret) {
    const schedule = new CfnRotationSchedule(this, secret.node.id, {
      secretId: secret.secretArn,
      rotationLambdaArn: this.rotator.fn.functionArn,
      rotationRules: { scheduleExpression: 'rate(30 days)' },
      // A release is no reason for new keys.
      rotateImmediatelyOnUpdate: false,
    })
    schedule.node.addDependency(this.rotator)
  }
}
