import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { removalPolicy } from '../removal.ts'
import { acknowledge } from './acknowledge.ts'

/** Generated at the first deployment; every audience has a key of its own. Functions get the ARNs only. */
export class Secrets extends Construct {
  /** `{"kid","key"}`; a rotation adds `previous_kid` and `previous_key`, so that what they signed lives on. */
  readonly jwt: Secret
  /** The same: encrypts single fields in the database, which a sweep seals anew every hour under the new key. */
  readonly field: Secret
  /** Shared with the stream server: its tokens, its signed URLs, the jobs sent to it. */
  readonly streamJwt: Secret
  readonly streamUrl: Secret
  readonly streamJob: Secret
  /** Shared with the chat server: its tokens. */
  readonly chatJwt: Secret
  /**
   * `{"key_pair_id","private_key"}`, by which links to media are signed. What is generated here opens nothing: an operator
   * makes the pair and puts it in, as docs/delivery.md says.
   */
  readonly mediaKey: Secret

  constructor(scope: Construct, id: string, stage: StageConfig) {
    super(scope, id)
    const generate = (name: string, description: string, keyed: boolean, why: string) => {
      const secret = new Secret(this, name, {
        description,
        generateSecretString: {
          passwordLength: 64,
          excludePunctuation: true,
          ...(keyed && { secretStringTemplate: JSON.stringify({ kid: '1' }), generateStringKey: 'key' }),
        },
        removalPolicy: removalPolicy(stage),
      })
      acknowledge(secret, 'AwsSolutions-SMG4', why)
      return secret
    }
    const rotated =
      'The key rotator replaces it every 30 days; the schedule is in the stack of the function, where this rule does not look'
    const paired =
      'Its public half is a parameter of the distribution, so an operator replaces both; the group there holds two keys meanwhile'
    const shared = 'A server beside us holds the same key, so both sides change it together, by hand'

    this.jwt = generate('JwtSecret', 'Signs access tokens', true, rotated)
    this.field = generate('FieldSecret', 'Encrypts fields at rest', true, rotated)
    this.streamJwt = generate('StreamJwtSecret', 'Signs tokens for the stream server', false, shared)
    this.streamUrl = generate('StreamUrlSecret', 'Signs stream URLs', false, shared)
    this.streamJob = generate('StreamJobSecret', 'Signs jobs sent to the stream server', false, shared)
    this.chatJwt = generate('ChatJwtSecret', 'Signs tokens for the chat server', false, shared)
    this.mediaKey = generate('MediaKeySecret', 'Signs links to media', false, paired)
  }
}
