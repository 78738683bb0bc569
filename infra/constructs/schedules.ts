import { ArnFormat, Aws, Duration, Stack } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Schedule, type ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { resourceName, type StageConfig } from '../config.ts'
import { acknowledge } from './acknowledge.ts'
import type { Alarms } from './alarms.ts'
import type { ServiceFunction } from './service-function.ts'
import { deadLetterSettings } from './work-queue.ts'

/** Functions that run by the clock. A run that could not be delivered goes to one dead-letter queue for all. */
export class Schedules extends Construct {
  readonly deadLetters: Queue
  private readonly stage: StageConfig
  private readonly roles = new Map<ServiceFunction, Role>()

  constructor(
    scope: Construct,
    id: string,
    { stage, alarms }: { readonly stage: StageConfig; readonly alarms: Alarms },
  ) {
    super(scope, id)
    this.stage = stage
    this.deadLetters = new Queue(this, 'DeadLetters', {
      queueName: resourceName(stage, 'schedules-dlq'),
      ...deadLetterSettings,
    })
    acknowledge(this.deadLetters, 'AwsSolutions-SQS3', 'It is the dead-letter queue of every schedule')
    alarms.watchDeadLetters('schedules', this.deadLetters)
  }

  /** A missed run is not made up for: the next one does its work. */
  run(name: string, target: ServiceFunction, schedule: ScheduleExpression, input?: object) {
    new Schedule(this, name, {
      scheduleName: resourceName(this.stage, name),
      schedule,
      target: new LambdaInvoke(target.fn, {
        role: this.roleFor(target).withoutPolicyUpdates(),
        deadLetterQueue: this.deadLetters,
        retryAttempts: 0,
        maxEventAge: Duration.minutes(5),
        ...(input && { input: ScheduleTargetInput.fromObject(input) }),
      }),
    })
  }

  /** One for all schedules of a function: a stack holds 500 resources. */
  private roleFor(target: ServiceFunction): Role {
    const role = this.roles.get(target) ?? this.createRole(target)
    this.roles.set(target, role)
    return role
  }

  /** Exactly this function and the queue; left alone, CDK would add every version of the function. */
  private createRole(target: ServiceFunction) {
    const role = new Role(this, `${target.node.id}-role`, {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': Aws.ACCOUNT_ID,
            'aws:SourceArn': Stack.of(this).formatArn({
              service: 'scheduler',
              resource: 'schedule-group',
              resourceName: 'default',
              arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
            }),
          },
        },
      }),
    })
    role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [target.fn.functionArn] }),
    )
    role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] }),
    )
    return role
  }
}
