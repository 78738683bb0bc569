import path from 'node:path'
import { Duration, type Size, Stack } from 'aws-cdk-lib'
import { Platform } from 'aws-cdk-lib/aws-ecr-assets'
import {
  type IGrantable,
  type IManagedPolicy,
  type IPrincipal,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, Handler, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { resourceName, type StageConfig } from '../config.ts'
import { removalPolicy } from '../removal.ts'
import { acknowledge } from './acknowledge.ts'
import type { Alarms } from './alarms.ts'
import type { DatabaseAccess } from './database-access.ts'

export interface ServiceFunctionProps {
  readonly stage: StageConfig
  /** Folder under functions/, bundle under dist/, and the last part of the function's name. */
  readonly name: string
  readonly alarms: Alarms
  readonly memorySize: number
  readonly timeout: Duration
  readonly environment: Readonly<Record<string, string>>
  /** Where the database is, for functions that use it; the others stay outside the VPC. */
  readonly database?: DatabaseAccess
  /** dist/<name> holds a Dockerfile. */
  readonly image?: boolean
  readonly ephemeralStorage?: Size
}

/** `-c bundles=…` names another folder than the build's own. */
const bundle = (scope: Construct, name: string) =>
  path.join(scope.node.tryGetContext('bundles') ?? path.join(import.meta.dirname, '../../dist'), name)

/** A Lambda with a role of its own that may write its log and nothing else until it is granted more. */
export class ServiceFunction extends Construct implements IGrantable {
  readonly fn: LambdaFunction
  readonly role: Role
  readonly logGroup: LogGroup
  readonly grantPrincipal: IPrincipal

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id)
    const functionName = resourceName(props.stage, props.name)
    this.logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: props.stage.logRetention,
      removalPolicy: removalPolicy(props.stage),
    })
    this.role = new Role(this, 'Role', {
      // Named, so that the quarantine's policy can name the scanner before it exists.
      roleName: functionName,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      managedPolicies: networkPolicies(props.database),
    })
    this.grantPrincipal = this.role
    this.logGroup.grantWrite(this.role)
    props.database?.grantConnect(this.role)
    this.fn = this.createFunction(functionName, props)
    this.watch(props)
  }

  grantSend(queue: IQueue) {
    this.allow(['sqs:SendMessage'], queue.queueArn)
  }

  grantSecret(secret: Secret) {
    this.allow(['secretsmanager:GetSecretValue'], secret.secretArn)
  }

  /** Objects whose keys begin with `prefix`; they are named at run time. */
  allowObjects(actions: string[], bucket: Bucket, prefix: string) {
    this.allow(actions, bucket.arnForObjects(`${prefix}*`))
    acknowledge(
      this.role,
      `AwsSolutions-IAM5[Resource::${exportedName(bucket)}/${prefix}*]`,
      `Keys under ${prefix} are made at run time; the prefix is the narrowest that can be named`,
    )
  }

  /** CDK's own grants come with actions that we do not call; these are the ones named. */
  allow(actions: string[], ...resources: string[]) {
    this.role.addToPolicy(new PolicyStatement({ actions, resources }))
  }

  private createFunction(functionName: string, props: ServiceFunctionProps) {
    const folder = bundle(this, props.name)
    return new LambdaFunction(this, 'Function', {
      functionName,
      ...(props.image ? imageCode(folder) : zipCode(folder)),
      architecture: Architecture.ARM_64,
      memorySize: props.memorySize,
      timeout: props.timeout,
      ...(props.ephemeralStorage && { ephemeralStorageSize: props.ephemeralStorage }),
      role: this.role,
      logGroup: this.logGroup,
      ...props.database?.placement,
      environment: {
        STAGE: props.stage.name,
        LOG_LEVEL: props.stage.logLevel,
        POWERTOOLS_SERVICE_NAME: functionName,
        ...props.database?.environment,
        ...props.environment,
      },
    })
  }

  private watch({ name, alarms }: ServiceFunctionProps) {
    const period = Duration.minutes(5)
    alarms.watch(`${name}-errors`, {
      metric: this.fn.metricErrors({ period }),
      above: 0,
      description: `${name} failed or timed out`,
    })
    alarms.watch(`${name}-throttles`, {
      metric: this.fn.metricThrottles({ period }),
      above: 0,
      description: `${name} was refused an execution environment`,
    })
  }
}

/** The export that carries the bucket's ARN to this stack: the name cdk-nag has for it. */
function exportedName(bucket: Bucket): string {
  const stack = Stack.of(bucket)
  return stack.resolve(stack.exportValue(bucket.bucketArn))['Fn::ImportValue']
}

const networkPolicies = (database?: DatabaseAccess): IManagedPolicy[] =>
  database ? [database.networkPolicy] : []

const zipCode = (folder: string) => ({
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: Code.fromAsset(folder),
})

const imageCode = (folder: string) => ({
  runtime: Runtime.FROM_IMAGE,
  handler: Handler.FROM_IMAGE,
  code: Code.fromAssetImage(folder, { platform: Platform.LINUX_ARM64 }),
})
