import { Fn } from 'aws-cdk-lib'
import { Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2'
import { CfnServerlessCache } from 'aws-cdk-lib/aws-elasticache'
import { Construct } from 'constructs'
import { resourceName, type StageConfig } from '../config.ts'
import type { Network } from './network.ts'

const port = 6379

/**
 * The counters that all environments share. It holds nothing that may not be lost, so nothing is backed up. Who
 * may use it is said by the network alone: the functions' group reaches it, and nobody else. It speaks TLS only.
 */
export class Valkey extends Construct {
  /** For every function that serves routes. */
  readonly url: string

  constructor(
    scope: Construct,
    id: string,
    { stage, network }: { readonly stage: StageConfig; readonly network: Network },
  ) {
    super(scope, id)
    const group = new SecurityGroup(this, 'Group', {
      vpc: network.vpc,
      description: 'The cache',
      allowAllOutbound: false,
    })
    network.functions.connections.allowTo(group, Port.tcp(port), 'the cache')
    const cache = new CfnServerlessCache(this, 'Cache', {
      serverlessCacheName: resourceName(stage, 'cache'),
      description: 'Counters of calls and attempts',
      engine: 'valkey',
      majorEngineVersion: '8',
      securityGroupIds: [group.securityGroupId],
      subnetIds: network.vpc.selectSubnets(network.databaseSubnets).subnetIds,
      // A ceiling on what a flood of callers can cost.
      cacheUsageLimits: {
        dataStorage: { maximum: 5, unit: 'GB' },
        ecpuPerSecond: { maximum: 15_000 },
      },
    })
    this.url = Fn.join('', ['rediss://', cache.attrEndpointAddress, `:${port}`])
  }
}
