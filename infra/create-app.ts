import { App, type AppProps, Tags } from 'aws-cdk-lib'
import { stageNamed } from './config.ts'
import { AppStack } from './stacks/app-stack.ts'
import { DataStack } from './stacks/data-stack.ts'
import { RoutesStack } from './stacks/routes-stack.ts'
import { StorageStack } from './stacks/storage-stack.ts'

/** Behaviour of the CDK we rely on, kept here so that the app is the same with and without its CLI. */
const featureFlags = {
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/core:validateAgainstDefaultRules': true,
  // A stack cannot take away what another still reads.
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
}

/**
 * The whole application for one stage, chosen by `-c stage=…`. No stack names an account or a region, so it
 * is synthesized without credentials, network or Docker; the CLI's current account is where it goes.
 */
export function createApp(props: AppProps = {}) {
  const app = new App({
    analyticsReporting: false,
    treeMetadata: false,
    ...props,
    context: { ...featureFlags, ...props.context },
  })
  const stage = stageNamed(app.node.tryGetContext('stage') ?? 'dev')
  const stackProps = { stage, terminationProtection: stage.keepData }

  const data = new DataStack(app, `Veza-${stage.name}-Data`, stackProps)
  const storage = new StorageStack(app, `Veza-${stage.name}-Storage`, stackProps)
  const functions = new AppStack(app, `Veza-${stage.name}-App`, { ...stackProps, data, storage })
  new RoutesStack(app, `Veza-${stage.name}-Routes`, { ...stackProps, app: functions })
  Tags.of(app).add('application', 'veza')
  Tags.of(app).add('stage', stage.name)
  return app
}
