import { InvalidArgumentError } from 'commander';
import type { Incident as Episode } from '../../../crds/incident.ts';
import { Incident } from '../../kube/resources.ts';
import type { Declare } from '../command.ts';
import { sayToEach } from '../saying.ts';
import { judge } from '../wishes.ts';

const verdicts = ['TruePositive', 'FalsePositive'] as const;
type Verdict = (typeof verdicts)[number];

const verdictOf = (text: string): Verdict => {
  const found = verdicts.find((verdict) => verdict.toLowerCase() === text.toLowerCase());
  if (found === undefined) throw new InvalidArgumentError(`It must be ${verdicts.join(' or ')}.`);
  return found;
};

/** `verdict`: whether a policy was right. */
export const verdict: Declare = (program, act) => {
  program
    .command('verdict')
    .description(
      'say whether an Incident was one (TruePositive) or not (FalsePositive); counted in its policy’s precision',
    )
    .argument('<incident>', 'which, as status names it')
    .argument('<verdict>', verdicts.join(' or '), verdictOf)
    .option('--note <text>', 'what people should remember')
    .action((name: string, decided: Verdict, { note }: { note?: string }) =>
      act(async (session) => {
        const by = await session.me();
        return sayToEach<Episode>(session, Incident, [name], (object) => judge(object, by, decided, note));
      }),
    );
};
