import { expect } from 'chai';
import { Terminal } from '../testing/terminal.ts';

describe('homeostat history', () => {
  let terminal: Terminal;
  beforeEach(async () => {
    terminal = await new Terminal().start();
  });
  afterEach(() => terminal.stop());

  const cases: [line: string, code: number, error: RegExp][] = [
    ['history deploy/cart', 2, /required option '--metric <name>'/],
    [
      'history deploy/cart --metric k8s.container.cpu.usag',
      2,
      /is not a metric that is measured.*k8s\.container\.cpu\.usage/,
    ],
    ['history incident/x --metric k8s.container.cpu.usage', 2, /"incident" is not a kind that can stand here/],
    ['history deploy/cart --metric k8s.container.cpu.usage --since yesterday', 2, /"yesterday" is not a time/],
    ['history deploy/cart --metric k8s.container.cpu.usage --nats-url nats://127.0.0.1:1', 1, /no connection to NATS/],
    ['history deploy/cart --metric k8s.container.cpu.usage --node node1', 2, /unknown option '--node'/],
    ['history deploy/cart --metric nonsense --kubeconfig /nowhere', 2, /is not a metric that is measured/],
    ['history deploy/cart --metric k8s.container.cpu.usage --since 1w --kubeconfig /nowhere', 2, /"1w" is not a time/],
    ['history node/node1 --metric k8s.container.cpu.usage', 2, /measured for each Container, not for Node\/node1/],
    ['history deploy/cart --metric system.cpu.utilization', 2, /measured for each Node, not for Deployment\//],
    ['history pod/nobody -n shop --metric k8s.container.cpu.usage', 3, /nobody/],
  ];
  for (const [line, expected, message] of cases)
    it(`says what is wrong with: ${line}`, async () => {
      const { code, error } = await terminal.run(line);
      expect(error).to.match(message);
      expect(code).to.equal(expected);
    });
});
