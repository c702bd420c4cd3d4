# Completion in fish: the command itself says what may follow, and what that is.
function __fluence_complete
    set -l word (commandline -ct)
    set -l words (commandline -opc) "$word"
    for line in ($words[1] complete $words[2..-1] 2>/dev/null)
        switch $line
            case :folders
                __fish_complete_directories "$word" ''
            case :files
                __fish_complete_path "$word" ''
            case ':files *'
                __fish_complete_directories "$word" ''
                string match '*.'(string replace ':files ' '' $line)\t -- (__fish_complete_path "$word" '')
            case '*'
                string replace ' ' \t -- $line
        end
    end
end
complete -c fluence -f -a '(__fluence_complete)'
