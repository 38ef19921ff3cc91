import { expect } from 'chai';
import { replayCommand, replayFlags } from '../../../helpers/report/replay.ts';

describe('replayFlags', () => {
  it('choose the cluster and the plugin again, each a word for a shell', () => {
    const context = "x; touch 'here'";
    const flags = replayFlags({
      environment: { provider: 'existing' },
      config: { plugin: '', context, kubeconfig: 'my files/kc', lanes: 2 },
    });
    expect(flags).to.deep.equal([
      '--provider',
      'existing',
      '--context',
      context,
      '--kubeconfig',
      'my files/kc',
    ]);
    expect(replayCommand({ name: 'network-policy/a', file: 'a.yaml' }, flags)).to.equal(
      String.raw`npm start -- run network-policy/a --provider existing --context 'x; touch '\''here'\''' --kubeconfig 'my files/kc'`,
    );
  });
});

describe('replayCommand', () => {
  const flags = ['--provider', 'lab'];

  it('runs a case by its name, and one of a system by its release', () => {
    const drawn = { name: 'network-policy/a', file: 'manifests/scenarios/network-policy/a.yaml' };
    expect(replayCommand(drawn, flags)).to.equal('npm start -- run network-policy/a --provider lab');
    const ofSystem = { name: 'system/mine/next/modes', file: 'systems/mine/system.yaml' };
    expect(replayCommand(ofSystem)).to.equal(
      'npm start -- system restricted --system systems/mine --release next',
    );
    const onTheWay = { ...ofSystem, name: 'system/mine/next/from-last/restricted/worst-1' };
    expect(replayCommand(onTheWay)).to.equal(
      'npm start -- system replay --system systems/mine --from last --to next --mode restricted --seed 1 --orders 0 --only worst-1',
    );
    expect(
      replayCommand({
        ...onTheWay,
        name: 'system/mine/next/from-last/restricted+dns=unrestricted/seed-7-order-12',
      }),
    ).to.match(/ --mode restricted --own-mode dns=unrestricted --seed 7 --orders 12 --only seed-7-order-12$/);
  });

  it('takes no file of the user for a case of a system, whatever its folder is called', () => {
    const own = 'system/mine/next.yaml';
    expect(replayCommand({ name: own, file: own })).to.equal(`npm start -- run ${own}`);
  });
});
