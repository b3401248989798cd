"""Prefixes that lead out of this wiki: language editions (their links are the page's interlanguage links), sister projects.

Source: MediaWiki 1.39 includes/languages/data/Names.php and Wikimedia's interwiki map, November 2026.
"""

from __future__ import annotations

LANGUAGES = frozenset(
    """
    aa ab abs ace ady af ak aln als alt am ami an ang anp ann ar arc ary arz as ast atj av avk awa ay az azb ba ban bar
    bat-smg bbc bcl bdr be be-tarask be-x-old bew bg bh bho bi bjn blk bm bn bo bpy br bs btm bug bxr ca cbk-zam cdo ce
    ceb ch cho chr chy ckb co cr crh cs csb cu cv cy da dag de dga din diq dsb dtp dty dv dz ee egl el eml en eo es et
    eu ext fa fat ff fi fiu-vro fj fo fon fr frp frr fur fy ga gag gan gcr gd gl glk gn gom gor got gpe gsw gu guc gur
    guw gv ha hak haw he hi hif ho hr hsb ht hu hy hyw hz ia iba id ie ig igl ii ik ilo inh io is it iu ja jam jbo jv ka
    kaa kab kai kbd kbp kcg kg kge ki kj kk kl km kn knc ko koi kr krc ks ksh ku kus kv kw ky la lad lb lbe lez lfn lg
    li lij lld lmo ln lo lrc lt ltg lv lzh mad mai map-bms mdf mg mh mhr mi min mk ml mn mni mnw mo mos mr mrj ms mt mus
    mwl my myv mzn na nah nan nap nb nds nds-nl ne new ng nia nl nn no nov nqo nr nrm nso nup nv ny oc olo om or os pa
    pag pam pap pcd pcm pdc pfl pi pih pl pms pnb pnt ps pt pwn qu rki rm rmy rn ro roa-rup roa-tara rsk ru rue rup rw
    sa sah sat sc scn sco sd se sg sgs sh shi shn si simple sk skr sl sm smn sn so sq sr srn ss st stq su sv sw syl szl
    szy ta tay tcy tdd te tet tg th ti tig tk tl tly tn to tpi tr trv ts tt tum tw ty tyv udm ug uk ur uz ve vec vep vi
    vls vo vro wa war wo wuu xal xh xmf yi yo yue za zea zgh zh zh-classical zh-min-nan zh-yue zu
    """.split()
)

PROJECTS = frozenset(
    """
    w wikipedia wikt wiktionary b wikibooks q wikiquote s wikisource n wikinews v wikiversity voy wikivoyage species
    wikispecies c commons d wikidata m meta metawikipedia mw mediawikiwiki f wikifunctions foundation foundationsite
    wmf phab phabricator bugzilla bug toollabs toolforge mail mailarchive otrs ticket incubator outreach strategy
    testwiki translatewiki betawiki wikimania wmde wikitech sulutil doi pmid hdl arxiv rfc google googlegroups imdbname
    imdbtitle iarchive openlibrary worldcat oeis gutenberg wikia ror viaf orcid dbdump cache utc freedomdefined
    """.split()
)
