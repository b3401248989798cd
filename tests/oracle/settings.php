<?php
/**
 * What a Wikipedia's configuration adds to a bare MediaWiki, as far as its parser is concerned.
 *
 * The language comes from MWLANG; the names that both sides know (namespaces, interwiki prefixes) from the JSON file
 * CHARKHA_ORACLE_NAMES, which mediawiki.py writes from the language files.
 */
$wgLanguageCode = getenv( 'MWLANG' );
$names = json_decode( file_get_contents( getenv( 'CHARKHA_ORACLE_NAMES' ) ), true );

foreach ( [ 'Cite', 'ParserFunctions', 'Poem' ] as $extension ) {
	wfLoadExtension( $extension );
}
foreach ( $names['spaces'] as $number => $words ) {
	$number = (int)$number;
	$words = str_replace( ' ', '_', $words );
	if ( $number === NS_PROJECT ) {
		$wgMetaNamespace = $words[0];
	} elseif ( $number > 15 ) {
		$wgExtraNamespaces[$number] = $words[0];
	}
	foreach ( $words as $word ) {
		$wgNamespaceAliases[$word] = $number;
	}
}
$wgExtraInterlanguageLinkPrefixes = $names['languages'];
$prefixes = array_flip( array_merge( $names['languages'], $names['projects'] ) );
$wgHooks['InterwikiLoadPrefix'][] = static function ( $prefix, &$row ) use ( $prefixes ) {
	if ( isset( $prefixes[$prefix] ) ) {
		$row = [ 'iw_prefix' => $prefix, 'iw_url' => "https://$prefix.example/\$1", 'iw_api' => '', 'iw_wikiid' => '',
			'iw_local' => 0, 'iw_trans' => 0 ];
	}
	return false;
};

// No file and no template exists here. A file would show as its name: it becomes an empty mark. A template is a red link.
$wgHooks['ImageBeforeProduceHTML'][] = static function ( $linker, &$title, &$file, &$frame, &$handler, &$time, &$shown ) {
	$shown = '<span class="oracle-file"></span>';
	return false;
};
$wgHooks['HtmlPageLinkRendererEnd'][] = static function ( $renderer, $target, $known, &$text, &$attributes ) {
	if ( $target->getNamespace() === NS_TEMPLATE ) {
		$attributes['class'] = 'oracle-template';
	}
};
// Extension tags whose content is no prose, which a Wikipedia has and this wiki has not.
$wgHooks['ParserFirstCallInit'][] = static function ( $parser ) use ( $names ) {
	foreach ( array_diff( $names['tags'], $parser->getTags() ) as $tag ) {
		$parser->setHook( $tag, static function () {
			return '<span class="oracle-tag"></span>';
		} );
	}
};

$wgMainCacheType = $wgParserCacheType = $wgMessageCacheType = CACHE_NONE;
$wgLocalisationCacheConf['store'] = 'array';
$wgLocalisationCacheConf['storeDirectory'] = $wgCacheDirectory = getenv( 'CHARKHA_ORACLE_CACHE' );
$wgUseDatabaseMessages = false;
$wgShowExceptionDetails = true;
$wgMaxArticleSize = 8192;
$wgNamespacesWithSubpages[NS_MAIN] = false;
$wgEnableUploads = true;
$wgAllowDisplayTitle = true;
