import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { Database } from '../constructs/database.ts'
import { Network } from '../constructs/network.ts'
import { Secrets } from '../constructs/secrets.ts'
import { Valkey } from '../constructs/valkey.ts'

/** What changes least: network, database, keys. */
export class DataStack extends Stack {
  readonly network: Network
  readonly database: Database
  readonly secrets: Secrets
  readonly valkey: Valkey | undefined

  constructor(
    scope: Construct,
    id: string,
    { stage, ...props }: StackProps & { readonly stage: StageConfig },
  ) {
    super(scope, id, props)
    this.network = new Network(this, 'Network', stage)
    this.database = new Database(this, 'Database', { stage, network: this.network })
    this.secrets = new Secrets(this, 'Secrets', stage)
    new CfnOutput(this, 'MediaKeySecretArn', { value: this.secrets.mediaKey.secretArn })
    new CfnOutput(this, 'StripeSecretArn', { value: this.secrets.stripe.secretArn })
    this.valkey = stage.valkey ? new Valkey(this, 'Valkey', { stage, network: this.network }) : undefined
  }
}
