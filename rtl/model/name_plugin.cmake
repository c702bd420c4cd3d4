# Gives a plug-in the name by which it is found: the digest of its hardware, as HARDWARE has it in quotes.
file(READ ${HARDWARE} digest)
string(REGEX MATCH "[0-9a-f]+" digest "${digest}")
get_filename_component(folder ${PLUGIN} DIRECTORY)
file(CREATE_LINK ${PLUGIN} ${folder}/${digest}.so COPY_ON_ERROR)
