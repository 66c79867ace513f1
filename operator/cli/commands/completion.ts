import { Argument } from 'commander';
import type { Declare } from '../command.ts';

/** Each asks the program itself, so that what is offered is what the cluster has. */
const scripts = {
  bash: `_homeostat() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do
    [[ $word == :* ]] || COMPREPLY+=("$word")
  done < <(homeostat __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _homeostat homeostat
`,
  zsh: `#compdef homeostat
_homeostat() {
  local -a found
  found=(\${(f)"$(homeostat __complete "\${(@)words[2,CURRENT]}" 2>/dev/null | grep -v '^:')"})
  compadd -a found
}
compdef _homeostat homeostat
`,
  fish: `complete -c homeostat -f -a '(homeostat __complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null | string match -v ":*")'
`,
} as const;

/** `completion`: a script for the shell; of `kubectl homeostat` kubectl’s own completion takes care. */
export const completion: Declare = (program, _act, print) => {
  program
    .command('completion')
    .description('print a completion script, to be sourced: source <(homeostat completion bash)')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(scripts)))
    .action((shell: keyof typeof scripts) => print(scripts[shell]));
};
