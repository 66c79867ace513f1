/** The part of docs/cli.md that follows from the program itself. */
import type { Command } from 'commander';

/** The help of the program and of each command, as Markdown; the global options stand only once. */
export function manualOf(program: Command): string {
  const block = (text: string): string => `\`\`\`text\n${text.trim()}\n\`\`\``;
  const sections = (command: Command, path: string): string[] => {
    const [own = ''] = command.helpInformation().split('\nGlobal Options:');
    const below = command.commands.flatMap((sub) => sections(sub, `${path} ${sub.name()}`));
    return below.length > 0 ? below : [`### ${path}\n\n${block(own)}`];
  };
  const commands = program.commands.flatMap((command) => sections(command, command.name()));
  return [block(program.helpInformation()), ...commands].join('\n\n');
}
