import { CfnCondition, CfnOutput, CfnParameter, CfnRule, Fn, Stack, Token } from 'aws-cdk-lib'
import { CfnKeyGroup, CfnPublicKey, type IKeyGroup, KeyGroup } from 'aws-cdk-lib/aws-cloudfront'
import { Construct } from 'constructs'
import { resourceName, type StageConfig } from '../config.ts'

/** PEM of a public key: nobody puts a private one here by mistake. Empty where there is none. */
const publicKey = '^(-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\\s]+-----END PUBLIC KEY-----\\s*)?$'

/**
 * The public keys that links to media are checked against. There is room for two, so that a new one is trusted before
 * anything is signed by it, and the old one until its last link has expired. CloudFront changes no key in place, so a
 * room is emptied by one deployment before another fills it.
 */
export class MediaKeys extends Construct {
  readonly group: IKeyGroup
  private readonly stage: StageConfig

  constructor(scope: Construct, id: string, stage: StageConfig) {
    super(scope, id)
    this.stage = stage
    const rooms = (['A', 'B'] as const).map((name) => this.createRoom(name))
    new CfnRule(Stack.of(this), 'OneMediaKeyAtLeast', {
      assertions: [
        {
          assert: Fn.conditionOr(
            ...rooms.map(({ given }) => Fn.conditionNot(Fn.conditionEquals(given.valueAsString, ''))),
          ),
          assertDescription:
            'MediaPublicKeyA or MediaPublicKeyB has to be given; docs/delivery.md says how to make one',
        },
      ],
    })
    const group = new CfnKeyGroup(this, 'Group', {
      keyGroupConfig: {
        name: resourceName(stage, 'media'),
        items: rooms.map(({ isFilled, key }) =>
          Token.asString(Fn.conditionIf(isFilled.logicalId, key.ref, Fn.ref('AWS::NoValue'))),
        ),
      },
    })
    this.group = KeyGroup.fromKeyGroupId(this, 'Trusted', group.ref)
  }

  private createRoom(name: 'A' | 'B') {
    const stack = Stack.of(this)
    const given = new CfnParameter(stack, `MediaPublicKey${name}`, {
      default: '',
      allowedPattern: publicKey,
      constraintDescription: 'The PEM of a public key, RSA 2048 or ECDSA P-256',
      description: 'Public key, as PEM, of the pair that signs links to media; or empty',
    })
    const isFilled = new CfnCondition(stack, `HasMediaPublicKey${name}`, {
      expression: Fn.conditionNot(Fn.conditionEquals(given.valueAsString, '')),
    })
    const key = new CfnPublicKey(this, `Key${name}`, {
      publicKeyConfig: {
        name: resourceName(this.stage, `media-${name.toLowerCase()}`),
        callerReference: resourceName(this.stage, `media-${name.toLowerCase()}`),
        encodedKey: given.valueAsString,
      },
    })
    key.cfnOptions.condition = isFilled
    const id = new CfnOutput(stack, `MediaKeyPairId${name}`, { value: key.ref })
    id.condition = isFilled
    return { given, isFilled, key }
  }
}
